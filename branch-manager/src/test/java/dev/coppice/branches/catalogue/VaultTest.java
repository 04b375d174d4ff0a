package dev.coppice.branches.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coppice.branches.BranchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VaultTest {

  @TempDir Path directory;

  private Vault open() {
    return Vault.open(directory.resolve("key"), new SecureRandom());
  }

  @Test
  void aLaterVaultReadsWhatAnEarlierOneSealed() {
    byte[] sealed = open().seal("p'ässword");
    assertThat(new String(sealed, java.nio.charset.StandardCharsets.ISO_8859_1))
        .doesNotContain("ssword");
    assertThat(open().unseal(sealed)).isEqualTo("p'ässword");
  }

  @Test
  void equalSecretsLookDifferent() {
    Vault vault = open();
    assertThat(vault.seal("same")).isNotEqualTo(vault.seal("same"));
  }

  @Test
  void onlyTheServersUserMayReadTheKey() throws IOException {
    open();
    assertThat(Files.getPosixFilePermissions(directory.resolve("key")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void whatWasTamperedWithIsRefused() {
    Vault vault = open();
    byte[] sealed = vault.seal("secret");
    sealed[sealed.length - 1] ^= 1;
    assertThatThrownBy(() -> vault.unseal(sealed)).isInstanceOf(BranchException.class);
    assertThatThrownBy(() -> vault.unseal(new byte[3])).isInstanceOf(BranchException.class);
  }

  @Test
  void aDamagedKeyIsReported() throws IOException {
    Files.write(directory.resolve("key"), new byte[5]);
    assertThatThrownBy(this::open)
        .isInstanceOf(BranchException.class)
        .hasMessageContaining("5 bytes");
  }
}
