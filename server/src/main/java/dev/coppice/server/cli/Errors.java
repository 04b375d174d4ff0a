package dev.coppice.server.cli;

import dev.coppice.server.client.ApiException;
import dev.coppice.server.failure.Failure;
import dev.coppice.server.failure.FailureCode.Exit;
import dev.coppice.server.failure.FailureTable;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** How commands end that did not succeed: two lines on stderr and an exit code. */
final class Errors {
  private Errors() {}

  static int misuse(ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    List<String> suggestions =
        e instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
    String hint =
        suggestions.isEmpty()
            ? "\"%s --help\" shows how it is used."
                .formatted(command.getCommandSpec().qualifiedName())
            : "Did you mean %s?".formatted(String.join(" or ", suggestions));
    return print(command, Exit.USAGE, String.valueOf(e.getMessage()), hint);
  }

  static int failure(Exception e, CommandLine command, ParseResult parsed) {
    if (e instanceof ApiException refused) {
      Exit exit = FailureTable.named(refused.code()).exit();
      return print(command, exit, String.valueOf(e.getMessage()), refused.hint());
    }
    Optional<Failure> failure = Failure.of(e);
    if (failure.isEmpty()) {
      e.printStackTrace(command.getErr());
    }
    Failure shown = failure.orElseGet(() -> Failure.ofAny(e));
    return print(command, shown.code().exit(), shown.message(), shown.hint());
  }

  private static int print(CommandLine command, Exit exit, String message, String hint) {
    PrintWriter err = command.getErr();
    err.println("error: " + message);
    if (!hint.isBlank()) {
      err.println("hint: " + hint);
    }
    err.flush();
    return exit.code();
  }
}
