package io.demitasse;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.properties.HasName;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;

/** Imports point one way. */
@AnalyzeClasses(packages = "io.demitasse", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule ROOMS = layeredArchitecture().consideringOnlyDependenciesInLayers()
            .layer("event").definedBy("io.demitasse.event..")
            .layer("kernel").definedBy("io.demitasse.kernel..")
            .layer("tokenizer").definedBy("io.demitasse.tokenizer..")
            .layer("file").definedBy("io.demitasse.file..")
            .layer("convert").definedBy("io.demitasse.convert..")
            .layer("model").definedBy("io.demitasse.model..")
            .layer("train").definedBy("io.demitasse.train..")
            .layer("study").definedBy("io.demitasse.study..")
            .layer("api").definedBy("io.demitasse")
            .layer("serve").definedBy("io.demitasse.serve..")
            .layer("cli").definedBy("io.demitasse.cli..")
            .whereLayer("event").mayNotAccessAnyLayer()
            .whereLayer("kernel").mayNotAccessAnyLayer()
            .whereLayer("tokenizer").mayNotAccessAnyLayer()
            .whereLayer("file").mayNotAccessAnyLayer()
            .whereLayer("convert").mayOnlyAccessLayers("file", "tokenizer")
            .whereLayer("model").mayOnlyAccessLayers("kernel", "file")
            .whereLayer("train").mayOnlyAccessLayers("event", "model", "kernel", "tokenizer", "convert", "file")
            .whereLayer("study").mayOnlyAccessLayers("api", "model", "kernel", "tokenizer")
            .whereLayer("api").mayOnlyAccessLayers("event", "model", "kernel", "convert", "file", "tokenizer")
            .whereLayer("serve").mayOnlyAccessLayers("api", "study", "tokenizer", "convert", "file")
            .whereLayer("cli").mayNotBeAccessedByAnyLayer();

    @ArchTest
    static final ArchRule LIBRARY_WITHOUT_COMMAND_LINE_LIBRARIES = ArchRuleDefinition.noClasses()
            .that().resideOutsideOfPackage("io.demitasse.cli..")
            .should().dependOnClassesThat().resideInAnyPackage("picocli..", "me.tongfei..")
            .because("an app that embeds the library has neither");

    @ArchTest
    static final ArchRule JBLAS_IN_ONE_PLACE = ArchRuleDefinition.noClasses()
            .that().doNotHaveSimpleName("JblasKernels")
            .should().dependOnClassesThat().resideInAnyPackage("org.jblas..")
            .because("everything works where jblas does not");

    @ArchTest
    static final ArchRule NO_TEMPORARY_FILES = ArchRuleDefinition.noClasses()
            .that().doNotHaveSimpleName("JblasKernels")
            .should().callMethodWhere(JavaCall.Predicates.target(HasName.Predicates.nameMatching("createTemp.*")))
            .because("nothing may be left behind");

    @ArchTest
    static final ArchRule NO_SOCKETS = ArchRuleDefinition.noClasses()
            .that().resideOutsideOfPackages("io.demitasse.cli..", "io.demitasse.serve..")
            .should().dependOnClassesThat().resideInAnyPackage("java.net..", "java.net.http..", "com.sun.net..");

    @ArchTest
    static final ArchRule NOTHING_FOR_THE_WHOLE_JVM = ArchRuleDefinition.noClasses()
            .that().resideOutsideOfPackage("io.demitasse.cli..")
            .should().callMethod(System.class, "exit", int.class)
            .orShould().callMethod(System.class, "setProperty", String.class, String.class);
}
