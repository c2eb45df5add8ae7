namespace Cambium.Compiler.Spec.Serialization;

/// <summary>
/// The text in which an assembly carries the description of a block, so that blocks of a package compose where only the assembly is
/// known: <c>(class "Acme.Mlp" "Mlp" [(dim 1 "Hidden" "hidden_size" -)] ..)</c>. Records are in parentheses, arrays in brackets, an absent
/// value is <c>-</c>. The text is plain ASCII, and the same spec gives the same text on every machine.
/// </summary>
public static class SpecFormat
{
    // When a record or a property is added to the spec: write it in SpecWriter, read it in SpecReader, raise the version, and let
    // the reader go on to accept texts of every earlier version, because packages outlive the generator that built them.

    /// <summary>The version that <see cref="Write"/> writes.</summary>
    public const int Version = 2;

    /// <summary>The oldest version that <see cref="Read"/> understands.</summary>
    public const int OldestVersion = 1;

    public static string Write(ClassSpec spec) => SpecWriter.Write(spec);

    /// <param name="text">What <see cref="Write"/> wrote, in a version that is understood.</param>
    /// <exception cref="FormatException">The text is damaged; the message says where and what was expected.</exception>
    public static ClassSpec Read(string text) => SpecReader.Read(text);
}
