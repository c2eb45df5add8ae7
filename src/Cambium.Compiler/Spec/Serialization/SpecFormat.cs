namespace Cambium.Compiler.Spec.Serialization;

/// <summary>
/// The text format in which an assembly describes a class, so that blocks of a package can be used without their source:
/// <c>(class "Acme.Mlp" "Mlp" [(dim 1 "Hidden" "hidden_size" -)] ..)</c>. Records are in parentheses, arrays in brackets, an absent
/// value is <c>-</c>. The text is plain ASCII, and the same spec gives the same text on every machine. <see cref="SpecTable"/> lists the
/// records with their fields.
/// </summary>
public static class SpecFormat
{
    // To change the format: change SpecTable, raise the version, update the schema in SpecFormatTests, and keep reading the texts of
    // every earlier version, because packages outlive the generator that built them.

    /// <summary>The version that <see cref="Write"/> writes.</summary>
    public const int Version = 2;

    /// <summary>The oldest version that <see cref="Read"/> understands.</summary>
    public const int OldestVersion = 1;

    public static string Write(ClassSpec spec) => SpecWriter.Write(spec);

    /// <param name="text">The result of <see cref="Write"/>, in a version that is understood.</param>
    /// <exception cref="FormatException">The text is damaged; the message names the position and the expected token.</exception>
    public static ClassSpec Read(string text) => SpecReader.Read(text);

    /// <summary>The records of this version with the types of their fields, one per line: a change here needs a new version.</summary>
    public static string Schema() => SpecSchema.Print();
}
