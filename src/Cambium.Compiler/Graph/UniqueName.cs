using System.Globalization;

namespace Cambium.Compiler.Graph;

/// <summary>Makes names unique: the author's word, followed by a number from 2 on if the word is taken.</summary>
internal static class UniqueName
{
    /// <param name="tryTake">Takes a name; false if it is taken already.</param>
    public static string Take(string wanted, Func<string, bool> tryTake)
    {
        var name = wanted;
        for (var number = 2; !tryTake(name); number++)
            name = wanted + number.ToString(CultureInfo.InvariantCulture);
        return name;
    }
}
