namespace Cambium.Generators.Writing;

/// <summary>Names of generated files: the class's full name, so that equal names in two namespaces do not collide.</summary>
internal static class FileName
{
    public static string Of(string typeName, string part) =>
        string.Concat(typeName.Where(static letter => letter != '@')
            .Select(static letter => char.IsLetterOrDigit(letter) || letter is '.' or '_' ? letter : '-')) + $".{part}.g.cs";
}
