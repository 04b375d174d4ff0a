package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.providers.profile.Providers;
import dev.coppice.providers.testing.LookAlike;
import dev.coppice.providers.testing.PostgresServer;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Servers that look like those of the known hosts, read by the role that such a host gives. */
class HostedSourcesIT {

  @ParameterizedTest
  @EnumSource
  void isRecognisedAndCheckedWithoutBeingChanged(LookAlike host) {
    try (PostgresServer server = host.start()) {
      String before = server.dump(host.database());

      SourceCheck check = Source.at(SourceAddress.parse(host.url(server))).check();

      assertThat(check.facts().provider()).isEqualToIgnoringCase(host.name());
      assertThat(check.passed()).as(check.items().toString()).isTrue();
      assertThat(server.dump(host.database())).isEqualTo(before);
      assertThat(
              Source.at(SourceAddress.parse(host.url(server)), Optional.of(Providers.GENERIC))
                  .check()
                  .facts()
                  .provider())
          .isEqualTo("postgres");
    }
  }
}
