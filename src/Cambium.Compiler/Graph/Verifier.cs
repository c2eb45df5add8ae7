using Cambium.Compiler.Ops;

namespace Cambium.Compiler.Graph;

/// <summary>
/// Says whether a module keeps every rule of a graph. Naive on purpose: it reads the module from top to bottom and believes
/// nothing. Tests run it after lowering and after every pass.
/// </summary>
public static class Verifier
{
    /// <summary>Throws <see cref="InvalidGraphException"/> with the function, the node's text and the rule it breaks.</summary>
    public static void Verify(Module module)
    {
        new ModuleVerifier(module).Run();
    }

    /// <summary>Attributes that an op may have, beside those in its definition.</summary>
    internal static bool Allows(OpDefinition op, string attribute) => op.Name switch
    {
        "weight" => attribute == "name",
        "slice" => attribute is "begin" or "count",
        "scalar" => attribute == "value",
        "loop" => attribute is "count" or "body",
        "branch" => attribute is "condition" or "then" or "else",
        "reshape" or "expand" => attribute.Length > 1 && attribute[0] == 'd' && attribute.Skip(1).All(char.IsDigit),
        _ => op.Parameters.Any(parameter => parameter.Role == ParameterRole.Attribute && parameter.Name == attribute),
    };
}
