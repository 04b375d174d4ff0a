package dev.coppice.server.rest;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import dev.coppice.branches.BranchInfo;
import dev.coppice.branches.BranchManager;
import dev.coppice.branches.BranchName;
import dev.coppice.branches.CreateBranch;
import dev.coppice.server.ConnectionString;
import dev.coppice.server.client.ServerTiming;
import dev.coppice.server.rest.RequestBody.CreateBranchBody;
import dev.coppice.server.rest.RequestBody.ResetBody;
import io.javalin.http.Context;
import io.javalin.router.JavalinDefaultRoutingApi;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** {@code /v1/branches}. */
final class BranchRoutes {
  private static final int CREATED = 201;

  private final BranchManager manager;
  private final Function<Context, ConnectionString> address;

  /**
   * @param address how the client of a request reaches branches
   */
  BranchRoutes(BranchManager manager, Function<Context, ConnectionString> address) {
    this.manager = manager;
    this.address = address;
  }

  void addTo(JavalinDefaultRoutingApi routes) {
    routes.get("/v1/branches", this::list);
    routes.post("/v1/branches", this::create);
    routes.get("/v1/branches/{name}", this::get);
    routes.delete("/v1/branches/{name}", this::delete);
    routes.post("/v1/branches/{name}/reset", this::reset);
    routes.post("/v1/branches/{name}/suspend", this::suspend);
  }

  private void list(Context context) {
    Responses.json(
        context,
        Map.of(
            "branches", manager.branches().stream().map(branch -> view(context, branch)).toList()));
  }

  private void get(Context context) {
    Responses.json(context, view(context, manager.branch(name(context))));
  }

  private void create(Context context) {
    CreateBranchBody body = RequestBody.read(context, CreateBranchBody.class);
    CreateBranch request =
        new CreateBranch(
            new BranchName(RequestBody.required(body.name(), "name")),
            RequestBody.optionalName(body.from()),
            RequestBody.optional(body.at()),
            RequestBody.ttl(body.ttl()),
            RequestBody.access(body.access()),
            RequestBody.quota(body.quota()),
            RequestBody.durability(body.durability()),
            Boolean.TRUE.equals(body.fresh()));
    if (Boolean.TRUE.equals(body.ifNotExists())) {
      Optional<BranchInfo> existing = existing(request.name());
      if (existing.isPresent()) {
        Responses.json(context, view(context, existing.get()));
        return;
      }
    }
    long began = System.nanoTime();
    BranchInfo created = createOrFind(request, Boolean.TRUE.equals(body.ifNotExists()));
    context.header(ServerTiming.HEADER, ServerTiming.of("create", System.nanoTime() - began));
    context.status(CREATED);
    Responses.json(context, view(context, created));
  }

  /** Another client may create the same branch between our look and our attempt. */
  private BranchInfo createOrFind(CreateBranch request, boolean ifNotExists) {
    try {
      return manager.createBranch(request);
    } catch (BranchException e) {
      if (ifNotExists && e.failure() == BranchFailure.BRANCH_EXISTS) {
        return manager.branch(request.name());
      }
      throw e;
    }
  }

  private Optional<BranchInfo> existing(BranchName name) {
    try {
      return Optional.of(manager.branch(name));
    } catch (BranchException e) {
      if (e.failure() == BranchFailure.BRANCH_NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private void delete(Context context) {
    manager.deleteBranch(name(context));
    Responses.none(context);
  }

  private void reset(Context context) {
    ResetBody body = RequestBody.read(context, ResetBody.class);
    BranchInfo branch = manager.resetBranch(name(context), RequestBody.optional(body.to()));
    Responses.json(context, view(context, branch));
  }

  private void suspend(Context context) {
    Responses.json(context, view(context, manager.suspendBranch(name(context))));
  }

  private BranchView view(Context context, BranchInfo branch) {
    boolean withPassword = "true".equals(context.queryParam("password"));
    Optional<String> password =
        withPassword ? Optional.of(manager.password(branch.name())) : Optional.empty();
    return BranchView.of(branch, address.apply(context).of(branch, password));
  }

  private static BranchName name(Context context) {
    return new BranchName(context.pathParam("name"));
  }
}
