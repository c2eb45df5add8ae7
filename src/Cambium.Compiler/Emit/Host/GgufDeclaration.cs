namespace Cambium.Compiler.Emit.Host;

/// <summary>Prints the hook in which a model class declares the names that GGUF files have for its settings and tensors.</summary>
public static class GgufDeclaration
{
    public static void Write(CodeWriter writer)
    {
        writer.Line("/// <summary>The GGUF architectures that this class loads, as <see cref=\"DeclareGguf\"/> declares them.</summary>");
        using (writer.Block($"public static {RuntimeNames.Collections}IReadOnlyList<{RuntimeNames.GgufArchitecture}> GgufArchitectures"))
        {
            using (writer.Block("get"))
            {
                writer.Line($"var architectures = new {RuntimeNames.Collections}List<{RuntimeNames.GgufArchitecture}>();");
                writer.Line("DeclareGguf(architectures);");
                writer.Line("return architectures;");
            }
        }

        writer.Line(
            "/// <summary>Implement this method to load the class from GGUF files: "
                + "add the names that such a file has for its settings and tensors.</summary>");
        writer.Line($"static partial void DeclareGguf({RuntimeNames.Collections}ICollection<{RuntimeNames.GgufArchitecture}> architectures);");
        writer.Line();
    }
}
