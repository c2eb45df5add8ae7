using Cambium.Compiler;
using Cambium.Compiler.Graph;
using Xunit;

namespace Cambium.Tests.Passes;

/// <summary>
/// Every pass from text to text. A file in <c>Cases/</c> has the name of a pass, and contains a module, <c>=&gt;</c> and the result of the pass.
/// </summary>
public sealed class PassCaseTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "Cambium.Compiler.Tests", "Passes", "Cases");

    public static TheoryData<string> Names => [.. PassPipeline.Passes.Select(static pass => pass.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_pass_gives_the_result_of_its_case(string name)
    {
        var text = File.ReadAllText(Path.Combine(Folder, name + ".txt")).ReplaceLineEndings("\n").Split("\n=>\n");
        var before = GraphParser.Parse(text[0]);
        Verifier.Verify(before);

        var after = PassPipeline.Passes.Single(pass => pass.Name == name).Run(before);

        Verifier.Verify(after);
        Assert.NotEqual(ModuleText.Print(before), ModuleText.Print(after));
        Assert.Equal(text[1].Trim(), ModuleText.Print(after).Trim());
    }
}
