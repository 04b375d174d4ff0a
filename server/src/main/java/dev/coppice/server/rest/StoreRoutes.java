package dev.coppice.server.rest;

import dev.coppice.branches.BranchManager;
import io.javalin.http.Context;
import io.javalin.router.JavalinDefaultRoutingApi;
import java.io.IOException;
import java.util.Map;

/** {@code /v1/store}. */
final class StoreRoutes {
  private final BranchManager manager;

  StoreRoutes(BranchManager manager) {
    this.manager = manager;
  }

  void addTo(JavalinDefaultRoutingApi routes) {
    routes.get("/v1/store", this::describe);
    routes.post("/v1/store/check", this::check);
    routes.post("/v1/store/space", this::checkSpace);
  }

  private void describe(Context context) {
    Responses.json(context, Map.of("deleting", manager.pendingDeletion()));
  }

  private void check(Context context) throws IOException {
    EventStream.run(
        context,
        "store check",
        events -> {
          events.send(Map.of("event", "phase", "phase", "check"));
          return Map.of("check", StoreCheckView.of(manager.checkStore()));
        });
  }

  private void checkSpace(Context context) throws IOException {
    EventStream.run(
        context,
        "store space check",
        events -> {
          events.send(Map.of("event", "phase", "phase", "space"));
          return Map.of("space", SpaceView.of(manager.checkSpace()));
        });
  }
}
