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
    [InlineData("{% set x = [1] | slice(60000000, 'x') %}", "steps")]
    [InlineData("{% set r = range(99999) %}{% set ns = namespace(x=0) %}{% for i in r %}{% set ns.x = [ns.x, r[::1]] %}{% endfor %}", "steps")]
    [InlineData("{% set ns = namespace(x=0) %}{% for i in range(9999) %}{% set ns.x = [ns.x, range(99999)] %}{% endfor %}", "steps")]
    [InlineData("{% set t = ((1,) * 9999999) + ([],) %}{% for i in range(99999) %}{% set x = {}[t] %}{% endfor %}", "steps")]
    [InlineData("{% set s = 'x' * 9999999 %}{% for i in range(99999) %}{% set x = 'a'[s] %}{% endfor %}", "steps")]
    [InlineData("{% set s = 'x' * 9999999 %}{% for i in range(99999) %}{% set x = s | attr(s) %}{% endfor %}", "steps")]
    [InlineData("{% set s = 'x' * 9999999 %}{% macro m() %}{% set x = kwargs %}{% endmacro %}{% for i in range(9999) %}{{ m(**{s: 1}) }}{% endfor %}",
        "steps")]
    public void Lists_of_lists_and_long_names_are_counted(string template, string limit) =>
        A_template_that_exceeds_a_limit_fails_with_its_name(template, limit);

    [Theory]
    [InlineData("{% filter e", " %}x{% endfilter %}")]
    [InlineData("{% set x ", " %}x{% endset %}")]
    [InlineData("{{ 'x'", " }}")]
    public void A_long_chain_of_filters_fails_without_overflowing_the_stack(string before, string after) =>
        A_template_that_exceeds_a_limit_fails_with_its_name(before + string.Concat(Enumerable.Repeat("|e", 300_000)) + after, "deep");

    [Theory]
    [InlineData("{{ @ }}")]
    [InlineData("{{ a.@ }}")]
    [InlineData("{% macro @() %}{% endmacro %}")]
    [InlineData("{% macro m(@) %}{% endmacro %}")]
    [InlineData("{{ dict(@=1) }}")]
    public void A_very_long_name_is_refused(string template)
    {
        var name = new string('n', 300);
        var error = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(template.Replace("@", name, StringComparison.Ordinal)));
        Assert.Contains("has 300 characters; at most 256 are allowed", error.Message);
    }

    // Each use of an undefined name makes a value with a message, and each use of the macro's parameters a list.
    [Theory]
    [InlineData("m.arguments")]
    [InlineData("n" + Long + Long + Long)]
    [InlineData("dict().n" + Long + Long + Long)]
    public void Undefined_names_and_signatures_take_little_memory(string expression)
    {
        var parameters = string.Join(',', Enumerable.Range(0, 9999).Select(static i => $"a{i}"));
        var template = ChatTemplate.Parse(
            $"{{% macro m({parameters}) %}}{{% endmacro %}}{{% for i in range(9999) %}}{{% set x = {expression} %}}{{% endfor %}}", limits: Patient);
        var before = GC.GetAllocatedBytesForCurrentThread();
        template.Render(ChatTemplateInput.Of(("user", "Hi")));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 12L << 20);
    }

    private const string Long = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";

    [Fact]
    public void Keys_without_an_order_are_an_error_of_the_template() => Assert.Contains(
        "have no order", Assert.Throws<ChatTemplateException>(
            static () => ChatTemplate.Parse("{{ {1: 2, 'a': 3} | tojson(sort_keys=true) }}").Render(ChatTemplateInput.Of(("user", "Hi")))).Message);

    // Two lists that share all their parts: 60 objects each, and 2^60 places in all.
    private const string Shared =
        "{% set ns = namespace(a=[1], b=[1]) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% set ns.b = [ns.b, ns.b] %}{% endfor %}";

    private const string SharedDicts =
        "{% set ns = namespace(a=1, b=1) %}{% for i in range(60) %}{% set ns.a = {'x': ns.a, 'y': ns.a} %}"
        + "{% set ns.b = {'x': ns.b, 'y': ns.b} %}{% endfor %}";

    [Theory]
    [InlineData(Shared + "{{ ns.a == ns.b }}", "steps")]
    [InlineData(Shared + "{{ ns.a != ns.b }}", "steps")]
    [InlineData(Shared + "{{ ns.a < ns.b }}", "steps")]
    [InlineData(Shared + "{{ ns.a in [ns.b] }}", "steps")]
    [InlineData(Shared + "{{ [ns.a].index(ns.b) }}", "steps")]
    [InlineData(Shared + "{{ [ns.a].count(ns.b) }}", "steps")]
    [InlineData(Shared + "{{ [ns.a, ns.b] | sort }}", "steps")]
    [InlineData(Shared + "{{ [ns.a, ns.b] | max }}", "steps")]
    [InlineData(Shared + "{{ [{'k': ns.a}, {'k': ns.b}] | groupby('k') }}", "steps")]
    [InlineData(Shared + "{{ [{'k': ns.a}] | selectattr('k', 'equalto', ns.b) | list }}", "steps")]
    [InlineData(Shared + "{{ (1, ns.a) == (1, ns.b) }}", "steps")]
    [InlineData(Shared + "{% for v in [ns.a, ns.b] %}{{ loop.changed(v) }}{% endfor %}", "steps")]
    [InlineData(SharedDicts + "{{ ns.a == ns.b }}", "steps")]
    [InlineData(Shared + "{{ ns.a }}", "steps")]
    [InlineData(Shared + "{{ ns.a | tojson }}", "steps")]
    [InlineData(Shared + "{{ ns.a | pprint }}", "steps")]
    [InlineData(Shared + "{{ '%s' % [ns.a] }}", "steps")]
    [InlineData("{% set k = 'x' * 4000000 %}{% set d = {k: 1} %}{% for i in range(99999) %}{% set x = d[k] %}{% endfor %}", "steps")]
    [InlineData("{% set k = 'x' * 4000000 %}{% set l = k ~ '' %}{% for i in range(99999) %}{% set x = k == l %}{% endfor %}", "steps")]
    [InlineData("{% set k = 'x' * 4000000 %}{% for i in range(99999) %}{% set x = k | length %}{% endfor %}", "steps")]
    [InlineData("{{ ('{0}' * 99999).format('x' * 999999) }}", "characters and items")]
    [InlineData("{{ ('%(a)s' * 99999) % {'a': 'x' * 999999} }}", "characters and items")]
    [InlineData("{{ ('%9999d' * 99999) % 1 }}", "more places")]
    [InlineData("{{ ('%(a)9999d' * 99999) % {'a': 1} }}", "characters and items")]
    [InlineData("{{ range(9999) | list | tojson(separators=('x' * 99999, ':')) }}", "characters and items")]
    [InlineData("{{ range(9999) | join('x' * 99999) }}", "characters and items")]
    [InlineData("{{ ('\\n' * 9999999) | indent('x' * 9999) }}", "steps")]
    [InlineData("{{ ('&' * 60000000) | e }}", "characters and items")]
    [InlineData("{{ ('x' * 9999999) | list }}", "steps")]
    [InlineData("{{ ('x,' * 9999999).split(',') }}", "steps")]
    public void Shared_values_count_at_each_place(string template, string limit)
    {
        var error =
            Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(template, limits: Patient).Render(ChatTemplateInput.Of(("user", "Hi"))));
        Assert.Contains(limit, error.Message);
    }

    // Each of these takes the product of two lengths, some 10^13 steps, if the search is not linear.
    [Theory]
    [InlineData("('a' * 6000000).find('a' * 3000000 ~ 'b')", "-1")]
    [InlineData("('a' * 6000000).rfind('b' ~ 'a' * 3000000)", "-1")]
    [InlineData("('a' * 3000000 ~ 'b') in ('a' * 6000000)", "False")]
    [InlineData("('a' * 6000000).count('a' * 3000000 ~ 'b')", "0")]
    [InlineData("('a' * 6000000).replace('a' * 3000000 ~ 'b', 'c') | length", "6000000")]
    [InlineData("('a' * 6000000).split('a' * 3000000 ~ 'b') | length", "1")]
    [InlineData("('a' * 6000000).rsplit('b' ~ 'a' * 3000000) | length", "1")]
    [InlineData("('a' * 6000000).partition('a' * 3000000 ~ 'b')[0] | length", "6000000")]
    [InlineData("('a' * 1000000).strip(('b' * 1000000) ~ 'a') | length", "0")]
    [InlineData("('ab' * 50 ~ 'c').find('ab' * 40 ~ 'c')", "20")]
    [InlineData("('c' ~ 'ab' * 50 ~ 'c' ~ 'ab' * 40).rfind('c' ~ 'ab' * 40)", "101")]
    [InlineData("('x' ~ 'ab' * 40 ~ 'x').split('ab' * 20) | length", "3")]
    public void Texts_are_searched_in_linear_time(string expression, string expected) =>
        Assert.Equal(expected, ChatTemplate.Parse("{{ " + expression + " }}", limits: Patient).Render(ChatTemplateInput.Of(("user", "Hi"))));

    [Fact]
    public void Adjacent_literals_are_joined_in_linear_time()
    {
        string template = "{{ " + string.Concat(Enumerable.Repeat("'ab'", 200_000)) + " }}";
        long before = GC.GetAllocatedBytesForCurrentThread();
        ChatTemplate.Parse(template);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200L << 20);
    }

    [Fact]
    public void A_comparison_is_cancelled()
    {
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        var limits = new ChatTemplateLimits { Steps = long.MaxValue, Time = TimeSpan.FromHours(1) };
        Assert.ThrowsAny<OperationCanceledException>(
            () => ChatTemplate.Parse(Shared + "{{ ns.a == ns.b }}", limits: limits).Render(ChatTemplateInput.Of(("user", "Hi")), source.Token));
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
