package dev.coppice.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.branches.Access;
import dev.coppice.branches.BranchInfo;
import dev.coppice.branches.BranchName;
import dev.coppice.branches.Durability;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ConnectionStringTest {
  @Test
  void namesRoleBranchAndDatabase() {
    assertThat(
            new ConnectionString("127.0.0.1", 7432, "disable")
                .of(branch("app", "shop"), Optional.of("s3cret")))
        .isEqualTo("postgres://app.pr-1:s3cret@127.0.0.1:7432/shop?sslmode=disable");
  }

  @Test
  void escapesWhatAUrlCannotHold() {
    assertThat(
            new ConnectionString("::1", 7432, "require")
                .of(branch("Jo:hn@x", "my db/ü"), Optional.of("a b+c*%")))
        .isEqualTo(
            "postgres://Jo%3Ahn%40x.pr-1:a%20b%2Bc%2A%25@[::1]:7432/my%20db%2F%C3%BC?sslmode=require");
  }

  @Test
  void leavesThePasswordOutUnlessAskedFor() {
    assertThat(new ConnectionString("h", 1, "disable").of(branch("app", "shop"), Optional.empty()))
        .isEqualTo("postgres://app.pr-1@h:1/shop?sslmode=disable");
  }

  private static BranchInfo branch(String role, String database) {
    return new BranchInfo(
        new BranchName("pr-1"),
        new BranchName("prod"),
        List.of(new BranchName("prod")),
        "s1",
        BranchInfo.State.RUNNING,
        Access.OWNER,
        role,
        database,
        18,
        0,
        OptionalLong.empty(),
        Durability.FULL,
        Instant.EPOCH,
        Optional.empty());
  }
}
