package dev.coppice.server.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/** A command that was run in this process, and what came of it. */
public record Ran(int exit, String out, String err) {

  public static Ran command(List<String> common, String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commandLine = Coppice.commandLine();
    commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(common);
    int exit = commandLine.execute(all.toArray(String[]::new));
    return new Ran(exit, out.toString(), err.toString());
  }
}
