package dev.coppice.branches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BranchNameTest {

  @ParameterizedTest
  @ValueSource(strings = {"a", "pr-41", "0", "agent-7-try-2"})
  void slugsAreNames(String name) {
    assertThat(new BranchName(name)).hasToString(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "-a", "a-", "A", "a.b", "a_b", "a b", "ä", "a\n", "../x", "-", "a`b", "a{b", "a/b",
        "a:b"
      })
  void whatWouldNotFitAnAddressIsRefused(String name) {
    assertThatThrownBy(() -> new BranchName(name))
        .isInstanceOfSatisfying(
            BranchException.class,
            e -> assertThat(e.failure()).isEqualTo(BranchFailure.NAME_INVALID));
  }

  @Test
  void theLongestNameHasAsManyCharactersAsALabelOfAHostName() {
    assertThat(new BranchName("x".repeat(63)).value()).hasSize(63);
  }

  @ParameterizedTest
  @ValueSource(ints = {64, 100_000})
  void longNamesAreRefusedAndNotEchoedWhole(int length) {
    assertThatThrownBy(() -> new BranchName("x".repeat(length)))
        .isInstanceOf(BranchException.class)
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(200));
  }
}
