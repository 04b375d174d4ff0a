package dev.coppice.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import org.junit.jupiter.api.Test;

class ViewsTest {

  private static final JsonMapper JSON = new JsonMapper();

  @Test
  void aSlotInDangerIsShown() throws Exception {
    JsonNode source =
        JSON.readTree(
            """
            {"name": "shop", "fidelity": [], "settings": {},
             "follow": {"state": "following", "warning": "the source gives up the slot"}}
            """);

    assertThat(Views.source(source)).contains("\nwarning: the source gives up the slot\n");
  }
}
