using Cambium.Compiler;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Emit;
using Cambium.Compiler.Emit.Host;
using Cambium.Generators.Reading;
using Microsoft.CodeAnalysis.CSharp;

namespace Cambium.Generators.Writing;

/// <summary>
/// Prints a stand-in for the program of a model with errors: code that loads the model still compiles, and only the errors in the class are
/// reported.
/// </summary>
internal static class UnavailableWriter
{
    public static GeneratedFile Write(SurfaceSpec spec, EquatableArray<string> architectures) =>
        new(FileName.Of(spec.HintName, "Unavailable"), ClassWriter.Write(spec, true, text =>
        {
            var names = string.Join(", ", architectures.Select(static name => SymbolDisplay.FormatLiteral(name, true)));
            text.Line($"public static {RuntimeNames.Collections}IReadOnlyList<string> Architectures {{ get; }} = [{names}];");
            text.Line();
            GgufDeclaration.Write(text);
            text.Line($"public override {RuntimeNames.ModelDefinition} Definition => throw Unavailable();");
            text.Line();
            text.Line($"public override {RuntimeNames.Collections}IReadOnlyList<{RuntimeNames.EntryPoint}> EntryPoints => throw Unavailable();");
            text.Line();
            text.Line($"public static {spec.Name} Load(string folder, {RuntimeNames.LoadOptions}? options = null) => throw Unavailable();");
            text.Line();
            text.Line("public override long ArenaBytes(int entry, int maxRows, int maxOutputs) => throw Unavailable();");
            text.Line();
            text.Line($"public override {RuntimeNames.Device} OpenDefaultDevice({RuntimeNames.DeviceOptions} options) => throw Unavailable();");
            text.Line();
            text.Line(
                $"public override {RuntimeNames.ModelProgram} CreateProgram("
                + $"{RuntimeNames.Device} device, in {RuntimeNames.ProgramLimits} limits, {RuntimeNames.ChunkStore} store) => throw Unavailable();");
            text.Line();
            text.Line("protected override void Dispose(bool disposing)");
            text.Line("{");
            text.Line("}");
            text.Line();
            text.Line(
                $"private static global::System.NotSupportedException Unavailable() => new(\"'{spec.Name}' has no program: "
                    + "the build reported errors in its class.\");");
        }, usesRuntime: true));
}
