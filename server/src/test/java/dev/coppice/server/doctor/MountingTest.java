package dev.coppice.server.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MountingTest {
  @TempDir Path root;

  private Mounting withoutRoot(boolean namespaces) {
    return new Mounting(
        root, false, command -> namespaces || command.equals(List.of("unshare", "--version")));
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.resolveSibling(""));
    Files.writeString(path, text);
  }

  @Test
  void findsTheDevice() throws IOException {
    assertThat(withoutRoot(true).device().outcome()).isEqualTo(Finding.Outcome.FAILED);
    assertThat(withoutRoot(true).device().remedy()).contains("modprobe fuse");
    write("dev/fuse", "");
    assertThat(withoutRoot(true).device().outcome()).isEqualTo(Finding.Outcome.PASSED);
  }

  @Test
  void aUserNamespaceWillDoInsteadOfRoot() {
    assertThat(withoutRoot(true).right().outcome()).isEqualTo(Finding.Outcome.PASSED);
    assertThat(new Mounting(root, true, command -> true).right().detail()).isEqualTo("as root");
    assertThat(new Mounting(root, true, command -> false).right().remedy()).contains("SYS_ADMIN");
    assertThat(new Mounting(root, false, command -> false).right().remedy()).contains("util-linux");
  }

  @ParameterizedTest
  @CsvSource({
    "user/max_user_namespaces,0,user.max_user_namespaces",
    "kernel/unprivileged_userns_clone,0,unprivileged_userns_clone=1",
    "kernel/apparmor_restrict_unprivileged_userns,1,AppArmor",
    "kernel/ostype,Linux,seccomp"
  })
  void tellsWhatForbidsUserNamespaces(String setting, String value, String remedy)
      throws IOException {
    write("proc/sys/" + setting, value + "\n");
    assertThat(withoutRoot(false).right().outcome()).isEqualTo(Finding.Outcome.FAILED);
    assertThat(withoutRoot(false).right().remedy()).contains(remedy);
  }
}
