package dev.coppice.providers.profile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.providers.profile.Endpoint.Kind;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProvidersTest {

  @ParameterizedTest
  @CsvSource({
    "shop.abc.eu-west-1.rds.amazonaws.com, 5432, rds, DIRECT",
    "Shop.Cluster-Abc.eu-west-1.RDS.amazonaws.com, 5432, rds, DIRECT",
    "shop.cluster-ro-abc.eu-west-1.rds.amazonaws.com, 5432, rds, REFUSED",
    "mine.cluster-custom-abc.eu-west-1.rds.amazonaws.com, 5432, rds, REFUSED",
    "shop.proxy-abc.eu-west-1.rds.amazonaws.com, 5432, rds, PULL_ONLY",
    "db.abcdefgh.supabase.co, 5432, supabase, DIRECT",
    "db.abcdefgh.supabase.co, 6543, supabase, REFUSED",
    "aws-0-eu-west-1.pooler.supabase.com, 5432, supabase, PULL_ONLY",
    "aws-0-eu-west-1.pooler.supabase.com, 6543, supabase, REFUSED",
    "eu-west.connect.horizon.psdb.cloud, 5432, planetscale, DIRECT",
    "eu-west.connect.horizon.psdb.cloud, 6432, planetscale, REFUSED",
    "ep-cool-1.eu-central-1.aws.neon.tech, 5432, neon, DIRECT",
    "ep-cool-1-pooler.eu-central-1.aws.neon.tech, 5432, neon, REFUSED",
    "shop.postgres.database.azure.com, 5432, azure, DIRECT",
    "shop.postgres.database.azure.com, 6432, azure, REFUSED"
  })
  void hostNamesTellTheProviderAndWhatIsBehindThem(String host, int port, String name, Kind kind) {
    Provider provider = Providers.ofHost(host).orElseThrow();

    assertThat(provider.name()).isEqualTo(name);
    Endpoint endpoint = provider.endpoint(new Location(host, port));
    assertThat(endpoint.kind()).isEqualTo(kind);
    if (kind != Kind.DIRECT) {
      assertThat(endpoint.reason()).isNotEmpty();
      assertThat(endpoint.remedy()).isNotEmpty();
    }
  }

  @Test
  void aLookAlikeOfAHostNameIsNone() {
    assertThat(Providers.ofHost("notsupabase.co")).isEmpty();
    assertThat(Providers.ofHost("rds.amazonaws.com.example.org")).isEmpty();
  }

  @Test
  void extensionsComeBeforeRoles() {
    Set<String> roles = Set.of("rds_superuser", "neon_superuser", "app");
    assertThat(Providers.ofServer(Set.of("plpgsql"), roles).name()).isEqualTo("rds");
    assertThat(Providers.ofServer(Set.of("supabase_vault"), roles).name()).isEqualTo("supabase");
    assertThat(Providers.ofServer(Set.of("aurora_stat_utils"), Set.of()).name()).isEqualTo("rds");
    assertThat(Providers.ofServer(Set.of("plpgsql"), Set.of("app"))).isEqualTo(Providers.GENERIC);
  }

  @Test
  void everyNameLeadsToItsProvider() {
    assertThat(Providers.names()).doesNotHaveDuplicates().contains("postgres");
    for (String name : Providers.names()) {
      assertThat(name).matches("[a-z]+");
      assertThat(Providers.named(name).orElseThrow().name()).isEqualTo(name);
    }
    assertThat(Providers.named("RDS")).isEmpty();
  }
}
