package dev.coppice.branches;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BranchRolesTest {

  @ParameterizedTest
  @CsvSource({
    "READER, coppice_reader, true",
    "READER, coppice_writer, false",
    "READER, app, false",
    "WRITER, coppice_writer, true",
    "WRITER, coppice, false",
    "OWNER, app, true",
    "OWNER, coppice_app, true",
    "OWNER, coppice, false",
    "OWNER, coppice_reader, false",
    "SUPERUSER, coppice, true",
    "SUPERUSER, app, true"
  })
  void anAccessPermitsItsRolesOnly(Access access, String role, boolean permitted) {
    assertThat(BranchRoles.permitted(access, role)).isEqualTo(permitted);
  }

  @ParameterizedTest
  @CsvSource({
    "READER, coppice_reader",
    "WRITER, coppice_writer",
    "OWNER, app_owner",
    "SUPERUSER, coppice"
  })
  void theRoleOfAConnectionStringIsPermitted(Access access, String role) {
    assertThat(BranchRoles.of(access, "app_owner")).isEqualTo(role);
    assertThat(BranchRoles.permitted(access, role)).isTrue();
  }
}
