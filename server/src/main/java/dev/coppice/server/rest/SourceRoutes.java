package dev.coppice.server.rest;

import dev.coppice.branches.AddSource;
import dev.coppice.branches.BranchManager;
import dev.coppice.branches.BranchName;
import dev.coppice.providers.PullLimits;
import dev.coppice.providers.PullOptions;
import dev.coppice.providers.SourceAddress;
import dev.coppice.server.rest.RequestBody.AddSourceBody;
import io.javalin.http.Context;
import io.javalin.router.JavalinDefaultRoutingApi;
import java.io.IOException;
import java.util.Map;

/** {@code /v1/sources}. */
final class SourceRoutes {
  private final BranchManager manager;

  SourceRoutes(BranchManager manager) {
    this.manager = manager;
  }

  void addTo(JavalinDefaultRoutingApi routes) {
    routes.get("/v1/sources", this::list);
    routes.post("/v1/sources", this::add);
    routes.get("/v1/sources/{name}", this::get);
    routes.post("/v1/sources/{name}/renew", this::renew);
    routes.delete("/v1/sources/{name}", this::remove);
  }

  private void list(Context context) {
    Responses.json(
        context, Map.of("sources", manager.sources().stream().map(SourceView::of).toList()));
  }

  private void get(Context context) {
    Responses.json(context, SourceView.of(manager.source(name(context))));
  }

  private void add(Context context) throws IOException {
    AddSourceBody body = RequestBody.read(context, AddSourceBody.class);
    AddSource request =
        new AddSource(
            new BranchName(RequestBody.required(body.name(), "name")),
            SourceAddress.parse(RequestBody.required(body.url(), "url")),
            PullOptions.standard()
                .within(limits(body))
                .withStubTypes(Boolean.TRUE.equals(body.stubTypes())),
            RequestBody.optionalProvider(body.provider()),
            !Boolean.FALSE.equals(body.follow()),
            RequestBody.optional(body.publication()),
            Boolean.TRUE.equals(body.ddl()));
    EventStream.run(
        context,
        "pull " + request.name(),
        events ->
            Map.of(
                "source",
                SourceView.of(
                    manager.addSource(request, event -> events.send(PullEventView.of(event))))));
  }

  private static PullLimits limits(AddSourceBody body) {
    PullLimits standard = PullLimits.standard();
    return new PullLimits(
        RequestBody.jobs(body.jobs()).orElse(standard.connections()),
        RequestBody.size("rate limit", body.rateLimit()),
        RequestBody.snapshotAge(body.maxSnapshotAge(), standard.snapshotAge()),
        Boolean.TRUE.equals(body.fromReplica()));
  }

  private void renew(Context context) {
    Responses.json(context, SourceView.of(manager.renewSource(name(context))));
  }

  private void remove(Context context) {
    manager.removeSource(name(context));
    Responses.none(context);
  }

  private static BranchName name(Context context) {
    return new BranchName(context.pathParam("name"));
  }
}
