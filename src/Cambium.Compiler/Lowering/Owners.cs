using Cambium.Compiler.Collections;

namespace Cambium.Compiler.Lowering;

/// <summary>
/// Full names of the classes of a block and of the blocks around it, outermost first. Each occurs once: a block cannot contain itself.
/// </summary>
internal sealed record Owners(EquatableArray<string> TypeNames)
{
    public static Owners Of(string typeName) => new(EquatableArray.Of(typeName));

    public bool Contains(string typeName) => TypeNames.Contains(typeName);

    public Owners With(string typeName) => new(TypeNames.Append(typeName).ToEquatableArray());
}
