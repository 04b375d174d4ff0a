package dev.coppice.server.doctor;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Whether the page store can be mounted: the device, and the right to mount, which root has and
 * others get in a user namespace of their own.
 *
 * @param root the file system's root, below which dev and proc lie
 * @param superuser whether this program is root
 * @param succeeds runs a command and tells whether it succeeded
 */
record Mounting(Path root, boolean superuser, Predicate<List<String>> succeeds) {
  private static final String DEVICE = "dev/fuse";
  private static final String NAMESPACES_LIMIT = "proc/sys/user/max_user_namespaces";
  private static final String DEBIAN_SWITCH = "proc/sys/kernel/unprivileged_userns_clone";
  private static final String APPARMOR_SWITCH =
      "proc/sys/kernel/apparmor_restrict_unprivileged_userns";

  static Mounting here() {
    return new Mounting(
        Path.of("/"),
        System.getProperty("user.name").equals("root"),
        command -> Probe.run(command.toArray(String[]::new)).isPresent());
  }

  Finding device() {
    Path device = root.resolve(DEVICE);
    if (!Files.exists(device)) {
      return Finding.failed(
          "FUSE",
          "/dev/fuse is not there",
          "Load the kernel's module with \"modprobe fuse\"; give a container"
              + " \"--device /dev/fuse --cap-add SYS_ADMIN\".");
    }
    try {
      new RandomAccessFile(device.toFile(), "rw").close();
      return Finding.passed("FUSE", "/dev/fuse can be opened");
    } catch (IOException e) {
      return Finding.failed(
          "FUSE",
          "/dev/fuse cannot be opened: " + e.getMessage(),
          superuser
              ? "Give the container \"--device /dev/fuse\"."
              : "Most systems let everybody open it; here do, as root, \"chmod 666 /dev/fuse\","
                  + " and for good add a udev rule: KERNEL==\"fuse\", MODE=\"0666\". Or run as"
                  + " root.");
    }
  }

  Finding right() {
    if (superuser) {
      return succeeds.test(List.of("unshare", "--mount", "true"))
          ? Finding.passed("mounting", "as root")
          : Finding.failed(
              "mounting",
              "root may not mount here",
              "Give the container \"--cap-add SYS_ADMIN --security-opt apparmor=unconfined\".");
    }
    if (!succeeds.test(List.of("unshare", "--version"))) {
      return Finding.failed(
          "mounting", "the program unshare is missing", "\"apt-get install util-linux\"");
    }
    return succeeds.test(
            List.of("unshare", "--user", "--map-current-user", "--keep-caps", "--mount", "true"))
        ? Finding.passed("mounting", "in a user namespace; the launcher makes it")
        : Finding.failed("mounting", "no user namespace can be made", remedy());
  }

  private String remedy() {
    if (says(NAMESPACES_LIMIT, "0")) {
      return "They are switched off: as root, \"sysctl -w user.max_user_namespaces=15000\".";
    }
    if (says(DEBIAN_SWITCH, "0")) {
      return "They are kept for root: as root, \"sysctl -w kernel.unprivileged_userns_clone=1\".";
    }
    if (says(APPARMOR_SWITCH, "1")) {
      return "AppArmor restricts them (Ubuntu 23.10 and newer): as root, \"sysctl -w"
          + " kernel.apparmor_restrict_unprivileged_userns=0\", or give unshare a profile that"
          + " allows \"userns\".";
    }
    return "A container's seccomp profile may forbid them; allow unshare(2) there, or run as root.";
  }

  private boolean says(String file, String value) {
    return read(root.resolve(file)).filter(value::equals).isPresent();
  }

  private static Optional<String> read(Path file) {
    try {
      return Optional.of(Files.readString(file).strip());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
