package dev.coppice.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsTextTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-c coppice.branch=pr-1 | pr-1 | ''",
        "-ccoppice.branch=pr-1 | pr-1 | ''",
        "--coppice.branch=pr-1 | pr-1 | ''",
        "-c Coppice.Branch=pr-1 | pr-1 | ''",
        "-c work_mem=4MB -c coppice.branch=pr-1 -c geqo=off | pr-1 | -c work_mem=4MB -c geqo=off",
        "-ccoppice.branch=pr-1   -B 100 | pr-1 | -B 100",
        "-c search_path=a\\ b --coppice.branch=pr\\-1 | pr-1 | -c search_path=a\\ b",
        "-c\\ x=1 -ccoppice.branch=a | a | -c\\ x=1",
        "-c coppice.branch= | '' | ''",
      })
  void takesTheBranchOutAndLeavesTheRest(String options, String branch, String remaining) {
    OptionsText parsed = OptionsText.parse(options);
    assertThat(parsed.branches()).containsExactly(branch);
    assertThat(parsed.remaining()).isEqualTo(remaining);
  }

  @ParameterizedTest
  @CsvSource({
    "-c work_mem=4MB",
    "-c coppice.branch",
    "-c",
    "-c xcoppice.branch=a",
    "-B -ccoppice.branch=a",
    "coppice.branch=a",
    "-cwork_mem=coppice.branch=a",
    "\\-ccoppice.branches=a",
    "-c a=\\",
  })
  void leavesOtherOptionsAlone(String options) {
    OptionsText parsed = OptionsText.parse(options);
    assertThat(parsed.branches()).isEmpty();
    assertThat(parsed.remaining()).isEqualTo(options);
  }

  @Test
  void findsEveryBranch() {
    assertThat(OptionsText.parse("-ccoppice.branch=a --coppice.branch=b").branches())
        .isEqualTo(List.of("a", "b"));
  }
}
