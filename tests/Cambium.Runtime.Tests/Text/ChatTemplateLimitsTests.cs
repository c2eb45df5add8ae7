using System.Text.Json;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Text;

/// <summary>Templates that would use unlimited resources. These tests have no clock: without the limits they would not end.</summary>
public class ChatTemplateLimitsTests
{
    // Every limit except time, which has a test of its own.
    private static readonly ChatTemplateLimits Patient = new() { Time = TimeSpan.FromHours(1) };

    [Theory]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "steps")]
    [InlineData("{{ 'x' * 999999999 }}", "characters and items")]
    [InlineData("{{ [1] * 999999999 }}", "characters and items")]
    [InlineData("{% set ns = namespace(s='xxxxxxxxxxxxxxxx') %}{% for i in range(64) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "characters and items")]
    [InlineData("{% set ns = namespace(s=[1]) %}{% for i in range(64) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", "characters and items")]
    [InlineData("{{ ('x' * 9999999).replace('x', 'y' * 9999999) }}", "characters and items")]
    [InlineData("{{ 'x'.center(999999999) }}", "characters and items")]
    [InlineData("{{ 'x' | center(2147483000) }}", "characters and items")]
    [InlineData("{{ '%999999999d' % 5 }}", "width")]
    [InlineData("{{ range(999999999) }}", "range")]
    [InlineData("{{ 9 ** 9 ** 9 ** 9 }}", "64 bits")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "deep")]
    [InlineData("{% set ns = namespace(v=[]) %}{% for i in range(9999) %}{% set ns.v = [ns.v] %}{% endfor %}{{ ns.v }}", "deep")]
    [InlineData("{% set ns = namespace(v=[]) %}{% for i in range(9999) %}{% set ns.v = [ns.v] %}{% endfor %}{{ ns.v == [ns.v] }}", "deep")]
    [InlineData("{% set ns = namespace(v=[]) %}{% for i in range(9999) %}{% set ns.v = {'a': ns.v} %}{% endfor %}{{ ns.v | tojson }}", "deep")]
    [InlineData("{% for a in [[]] recursive %}{{ loop([[]]) }}{% endfor %}", "deep")]
    [InlineData("{% for a in range(9999) %}{{ 'x' * 9999 }}{% endfor %}", "characters")]
    public void A_template_that_exceeds_a_limit_fails_with_its_name(string template, string limit)
    {
        var error =
            Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(template, limits: Patient).Render(ChatTemplateInput.Of(("user", "Hi"))));
        Assert.Contains(limit, error.Message);
        Assert.Equal(1, error.Line);
    }

    [Theory]
    [InlineData("{{ ", "(", ")", " }}")]
    [InlineData("{{ ", "[", "]", " }}")]
    [InlineData("{{ ", "not ", "", "x }}")]
    [InlineData("{{ ", "-", "", "1 }}")]
    [InlineData("{{ ", "1 if ", "", "1 }}")]
    [InlineData("{{ x", "[0", "]", " }}")]
    [InlineData("", "{% if x %}", "{% endif %}", "")]
    [InlineData("{{ x", "(1, ", ")", " }}")]
    [InlineData("{{ 1", " + 1", "", " }}")]
    [InlineData("{{ x", ".a", "", " }}")]
    [InlineData("{{ x", "|trim", "", " }}")]
    [InlineData("{% set ", "(", "a,)", " = x %}")]
    public void Unbounded_nesting_is_an_error_instead_of_a_stack_overflow(string before, string open, string close, string after)
    {
        string template = before + string.Concat(Enumerable.Repeat(open, 20_000)) + string.Concat(Enumerable.Repeat(close, 20_000)) + after;
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(template).Render(ChatTemplateInput.Of(("user", "Hi"))));
    }

    [Fact]
    public void The_limits_are_options()
    {
        ChatTemplateInput hi = ChatTemplateInput.Of(("user", "Hi"));
        const string loop = "{% for i in range(1000) %}{{ i }}{% endfor %}";
        Assert.Contains("Steps", Error(loop, new ChatTemplateLimits { Steps = 100 }));
        Assert.Contains("OutputLength", Error(loop, new ChatTemplateLimits { OutputLength = 100 }));
        Assert.Contains("Size", Error(loop, new ChatTemplateLimits { Size = 500 }));
        Assert.Contains("Time", Error(loop, new ChatTemplateLimits { Time = TimeSpan.Zero }));
        Assert.Contains("SourceLength", Error(loop, new ChatTemplateLimits { SourceLength = 10 }));
        Assert.Contains("nested", Error("{% if 1 %}{% if 1 %}{% endif %}{% endif %}", new ChatTemplateLimits { Depth = 2 }));
        Assert.Equal(2890, ChatTemplate.Parse(loop).Render(hi).Length);

        string Error(string template, ChatTemplateLimits limits) =>
            Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(template, limits: limits).Render(hi)).Message;
    }

    [Fact]
    public void A_rendering_is_cancelled()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => ChatTemplate.Parse("x").Render(ChatTemplateInput.Of(("user", "Hi")), source.Token));
    }

    [Fact]
    public void Input_that_is_too_deep_or_too_long_is_refused()
    {
        string deep = new string('[', 300) + new string(']', 300);
        using JsonDocument messages = JsonDocument.Parse(deep, new JsonDocumentOptions { MaxDepth = 400 });
        Assert.Contains("nested",
            Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("{{ messages }}").Render(new ChatTemplateInput { Messages =
            messages.RootElement })).Message);
        using JsonDocument number = JsonDocument.Parse($"[{new string('9', 5000)}]");
        Assert.Contains("digits",
            Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("{{ messages }}").Render(new ChatTemplateInput { Messages =
            number.RootElement })).Message);
        using JsonDocument half = JsonDocument.Parse("[\"\\ud800\"]");
        Assert.Contains("surrogate",
            Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("{{ messages }}").Render(new ChatTemplateInput { Messages =
            half.RootElement })).Message);
    }
}
