package dev.coppice.branches;

import dev.coppice.branches.catalogue.StoredSource;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** All bases that are kept in step. */
final class Followings implements AutoCloseable {

  private final Ground ground;
  private final BranchEngines engines;
  private final Map<UUID, Following> running = new ConcurrentHashMap<>();

  Followings(Ground ground, BranchEngines engines) {
    this.ground = ground;
    this.engines = engines;
  }

  /** Begins, if the source is one that is followed and is not being followed already. */
  void start(StoredSource source) {
    if (source.follow().isPresent() && source.base().isPresent()) {
      Following following = new Following(ground, engines, source);
      if (running.putIfAbsent(source.id(), following) == null) {
        following.start();
      }
    }
  }

  Optional<Following> of(StoredSource source) {
    return Optional.ofNullable(running.get(source.id()));
  }

  Optional<FollowInfo> info(StoredSource source) {
    return of(source).map(Following::info);
  }

  /** Returns once its engine has ended. */
  void stop(StoredSource source) {
    Following following = running.remove(source.id());
    if (following != null) {
      following.close();
    }
  }

  @Override
  public void close() {
    running.values().parallelStream().forEach(Following::close);
    running.clear();
  }
}
