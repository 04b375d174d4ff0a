package dev.coppice.server.rest;

import dev.coppice.branches.BranchManager;
import dev.coppice.branches.BranchName;
import dev.coppice.branches.SnapshotInfo;
import dev.coppice.server.rest.RequestBody.CreateSnapshotBody;
import io.javalin.http.Context;
import io.javalin.router.JavalinDefaultRoutingApi;
import java.util.Map;

/** {@code /v1/snapshots}. */
final class SnapshotRoutes {
  private static final int CREATED = 201;

  private final BranchManager manager;

  SnapshotRoutes(BranchManager manager) {
    this.manager = manager;
  }

  void addTo(JavalinDefaultRoutingApi routes) {
    routes.get("/v1/snapshots", this::list);
    routes.post("/v1/snapshots", this::create);
    routes.delete("/v1/snapshots/{of}/{name}", this::delete);
  }

  private void list(Context context) {
    Responses.json(
        context,
        Map.of(
            "snapshots",
            manager.snapshots(RequestBody.optionalName(context.queryParam("of"))).stream()
                .map(SnapshotView::of)
                .toList()));
  }

  private void create(Context context) {
    CreateSnapshotBody body = RequestBody.read(context, CreateSnapshotBody.class);
    SnapshotInfo snapshot =
        manager.createSnapshot(
            new BranchName(RequestBody.required(body.of(), "of")),
            RequestBody.optional(body.name()));
    context.status(CREATED);
    Responses.json(context, SnapshotView.of(snapshot));
  }

  private void delete(Context context) {
    manager.deleteSnapshot(new BranchName(context.pathParam("of")), context.pathParam("name"));
    Responses.none(context);
  }
}
