package dev.coppice.server.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import org.junit.jupiter.api.Test;

/** Holds the table of modules in docs/architecture.md. */
class ModulesTest {
  private static final String STORAGE = "dev.coppice.storage..";
  private static final String PROVIDERS = "dev.coppice.providers..";
  private static final String BRANCHES = "dev.coppice.branches..";
  private static final String PROXY = "dev.coppice.proxy..";
  private static final String SERVER = "dev.coppice.server..";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.coppice");

  @Test
  void modulesDependOnlyOnWhatTheTableAllows() {
    allows(STORAGE, STORAGE);
    allows(PROVIDERS, PROVIDERS);
    allows(BRANCHES, BRANCHES, STORAGE, PROVIDERS);
    allows(PROXY, PROXY);
    allows(SERVER, SERVER, BRANCHES, STORAGE, PROVIDERS, PROXY);
  }

  @Test
  void modulesDoNotKnowWhatTheyMustNot() {
    forbids(STORAGE, "java.sql..", "org.postgresql..", "com.zaxxer..", "io.netty..");
    forbids(PROVIDERS, "io.netty..", "io.javalin..");
    forbids(BRANCHES, "io.netty..", "io.javalin..", "org.eclipse.jetty..");
    forbids(PROXY, "java.sql..", "org.postgresql..", "com.zaxxer..", "io.javalin..");
    forbids("dev.coppice.server.rest..", "io.netty..", "java.sql..");
    forbids("dev.coppice.server.cli..", "io.netty..", "io.javalin..", "java.sql..");
  }

  @Test
  void nativeMemoryIsTheStoresBusiness() {
    noClasses()
        .that()
        .resideInAnyPackage(PROVIDERS, BRANCHES, PROXY, SERVER)
        // Signals by number and scheduling, for which the JDK has no way; no memory outlives a
        // call.
        .and()
        .doNotHaveFullyQualifiedName("dev.coppice.branches.engine.NativeProcess")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.lang.foreign..")
        .check(CLASSES);
  }

  @Test
  void theServersPackagesHaveNoCycles() {
    SlicesRuleDefinition.slices()
        .matching("dev.coppice.server.(*)..")
        .should()
        .beFreeOfCycles()
        .check(CLASSES);
  }

  private static void allows(String module, String... others) {
    ArchRule rule =
        classes()
            .that()
            .resideInAPackage(module)
            .should()
            .onlyDependOnClassesThat(
                resideInAnyPackage("dev.coppice..").negate().or(resideInAnyPackage(others)));
    rule.check(CLASSES);
  }

  private static void forbids(String module, String... packages) {
    noClasses()
        .that()
        .resideInAPackage(module)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(packages)
        .check(CLASSES);
  }
}
