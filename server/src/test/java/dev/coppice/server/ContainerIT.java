package dev.coppice.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.Device;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.startupcheck.StartupCheckStrategy;
import org.testcontainers.images.PullPolicy;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.DockerStatus;

/** The image of docker/Dockerfile, with the flags of docs/docker.md and without. */
class ContainerIT {
  private static final String IMAGE = System.getProperty("coppice.test.image", "");
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  @BeforeAll
  static void needsAnImage() {
    assumeTrue(
        !IMAGE.isEmpty(),
        "no image is named: docker build -f docker/Dockerfile -t coppice . and then"
            + " -Dcoppice.test.image=coppice");
    assumeTrue(DockerClientFactory.instance().isDockerAvailable(), "Docker does not answer");
  }

  @Test
  void theDemoRunsWithTheDocumentedFlags() {
    try (GenericContainer<?> demo = container("demo", "--exit")) {
      demo.withCreateContainerCmdModifier(command ->
          command
              .getHostConfig()
              .withDevices(new Device("rwm", "/dev/fuse", "/dev/fuse"))
              .withCapAdd(Capability.SYS_ADMIN)
              .withSecurityOpts(List.of("apparmor=unconfined")));
      demo.start();

      assertThat(exitCode(demo)).as(demo.getLogs()).isZero();
      assertThat(demo.getLogs()).contains("pr-2 and production are what production was before");
    }
  }

  @Test
  void withoutThemItNamesThem() {
    try (GenericContainer<?> server = container("serve", "--config", "/etc/coppice/coppice.yaml")) {
      server.start();

      assertThat(exitCode(server)).isEqualTo(1L);
      assertThat(server.getLogs())
          .contains("error: ", "--device /dev/fuse", "--cap-add SYS_ADMIN", "coppice doctor");
    }
  }

  private static GenericContainer<?> container(String... command) {
    return new GenericContainer<>(DockerImageName.parse(IMAGE))
        .withImagePullPolicy(PullPolicy.defaultPolicy())
        .withCommand(command)
        .withStartupAttempts(1)
        .withStartupCheckStrategy(new Ends().withTimeout(PATIENCE));
  }

  private static Long exitCode(GenericContainer<?> ended) {
    return ended.getCurrentContainerInfo().getState().getExitCodeLong();
  }

  /** Waits for a container's end, however it ends. */
  private static final class Ends extends StartupCheckStrategy {
    @Override
    public StartupStatus checkStartupState(DockerClient docker, String containerId) {
      return DockerStatus.isContainerStopped(getCurrentState(docker, containerId))
          ? StartupStatus.SUCCESSFUL
          : StartupStatus.NOT_YET_KNOWN;
    }
  }
}
