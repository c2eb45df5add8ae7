using System.Text.Json;
using Cambium.Constraints;
using Xunit;

namespace Cambium.Runtime.Tests.Constraints;

/// <summary>A part of the JSON Schema Test Suite: a schema is refused, or accepts no value that the suite calls invalid.</summary>
public class JsonSchemaSuiteTests
{
    [Fact]
    public void No_invalid_value_of_the_suite_is_accepted()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Fixtures.InRepository("json-schema-suite.json")));
        var (kept, accepted) = (0, 0);
        Assert.All(document.RootElement.GetProperty("cases").EnumerateArray(), test =>
        {
            Walker walker;
            try
            {
                walker = new Walker(Constraint.JsonSchema(test.GetProperty("schema")));
            }
            catch (ConstraintException)
            {
                return;
            }

            kept++;
            foreach (var value in test.GetProperty("invalid").EnumerateArray())
                Assert.False(walker.Accepts(JsonText.Of(value)), $"{test.GetProperty("name")}: {value.GetRawText()}");
            foreach (var value in test.GetProperty("valid").EnumerateArray())
                accepted += walker.Accepts(JsonText.Of(value)) ? 1 : 0;
        });
        Assert.True(kept > 60 && accepted > 60, $"{kept} schemas are supported, and {accepted} of their values were accepted.");
    }
}
