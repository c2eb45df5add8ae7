using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cambium.Constraints;
using Cambium.Text.Templates;
using CsCheck;
using Xunit;

namespace Cambium.Runtime.Tests.Constraints;

public class JsonSchemaTests
{
    [Fact]
    public void Generated_text_validates_and_prefixes_can_be_completed()
    {
        var (satisfiable, cut) = (0, 0);
        Gen.Int[0, int.MaxValue].Sample(
            seed =>
            {
                var random = new Random(seed);
                var schema = new RandomSchemas(random).Whole().ToJsonString();
                if (RandomSchemas.TryCompile(schema) is not { } constraint)
                    return;

                Interlocked.Increment(ref satisfiable);
                var walker = new Walker(constraint);
                using var document = JsonDocument.Parse(schema);
                var validator = new SchemaValidator(document.RootElement);
                foreach (var limit in (int[])[random.Next(1, 20), 300])
                {
                    var (text, wasCut) = walker.Write(random, limit);
                    if (wasCut)
                        Interlocked.Increment(ref cut);
                    using var value = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 1000 });
                    Assert.True(validator.Violation(value.RootElement) is null, $"{validator.Violation(value.RootElement)}\n{schema}\n{text}");
                }
            },
            iter: 300);
        Assert.True(satisfiable > 200 && cut > 50, $"{satisfiable} schemas, {cut} texts cut");
    }

    [Fact]
    public void Masks_agree_with_bytes() => Gen.Int[0, int.MaxValue].Sample(
        seed =>
        {
            if (RandomSchemas.TryCompile(new RandomSchemas(new Random(seed)).Whole().ToJsonString()) is { } constraint)
                new Walker(constraint).CheckMasks(new Random(seed), 8);
        },
        iter: 50);

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"boolean"}},"required":["a"]}""",
        "{\"a\":1}|{\"a\": 1, \"b\":true}", "{}|{\"b\":true}|{\"b\":true,\"a\":1}|{\"a\":1,}|{\"a\":1,\"c\":2}|{\"a\":01}|{\"a\":1.0}")]
    [InlineData("""{"type":"object","properties":{"a":{}},"additionalProperties":{"type":"null"}}""",
        "{}|{\"b\":null}|{\"a\":[1],\"ab\":null}|{\"\":null}", "{\"b\":1}|{\"b\":null,\"a\":1}|{\"\\u0061\":null}")]
    [InlineData("""{"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":3}""", "[1]|[1,2]|[1, 2, 3]", "[]|[1,2,3,4]|[1,]|[true]")]
    [InlineData("""{"type":"array","prefixItems":[{"const":1},{"const":2}],"items":false}""", "[]|[1]|[1,2]", "[2]|[1,2,3]")]
    [InlineData("""{"prefixItems":[{"const":1}],"items":{"const":3}}""", "[]|[1]|[1,3]|[1,3,3]", "[3]|[1,1]|null")]
    [InlineData("""{"type":"string","minLength":1,"maxLength":2}""", "\"a\"|\"\\n\\u0041\"|\"日😀\"", "\"\"|\"abc\"|\"\\x\"|\"\n\"|\"\\ud83d\"")]
    [InlineData("""{"type":"string","pattern":"^a\"b\n$"}""", "\"a\\\"b\\n\"", "\"a\"|\"a\"b\n\"")]
    [InlineData("""{"type":"string","pattern":"b"}""", "\"b\"|\"abc\"|\"\\n日b\"", "\"a\"|\"\"")]
    [InlineData("""{"type":"integer","minimum":-5,"exclusiveMaximum":12}""", "-5|-1|0|9|11", "-6|12|-0|100|1.0|00")]
    [InlineData("""{"type":"integer","minimum":100,"maximum":2345}""", "100|999|1000|2345", "99|2346|10|23450")]
    [InlineData("""{"type":"number","minimum":0,"maximum":1}""", "0|0.5|1|1.0|0.999999|0.0", "1.01|-0.1|-0|2|1e0")]
    [InlineData("""{"type":"number","exclusiveMinimum":-1.25,"exclusiveMaximum":0.5}""", "-1.24|0|-0.5|0.49|-1|-1.2499",
        "-1.25|-1.3|-1.250|0.5|0.50|0.6|-2")]
    [InlineData("""{"type":"number","minimum":0,"maximum":1.7976931348623157E+308}""", "0|1.5|123456789", "-1|1e300|9999999999999999")]
    [InlineData("""{"type":"number","maximum":0.123456789}""", "0.123456|-5|0", "0.123457|0.2")]
    [InlineData("""{"type":"number","minimum":1e-9,"maximum":2e-9}""", "0.0000000015", "0|0.00000001")]
    [InlineData("""{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807}""",
        "-999999999999999999|7", "1e3|1000000000000000000")]
    [InlineData("""{"type":"integer","maximum":999999999999999990}""", "999999999999999990", "999999999999999991")]
    [InlineData("""{"type":"integer","minimum":0,"maximum":9.223372036854776E+18}""", "999999999999999999", "-1")]
    [InlineData("""{"type":"integer","minimum":0,"maximum":9,"not":{"enum":[0,5,9,"x"]}}""", "1|4|6|8", "0|5|9")]
    [InlineData("""{"type":"integer","not":{"const":13}}""", "12|14|-13|130", "13|1e1")]
    [InlineData("""{"type":"number","minimum":1,"maximum":2,"not":{"const":1.5}}""", "1|1.4999|1.51|2", "1.5|1.50|1.500")]
    [InlineData("""{"type":"number","multipleOf":0.01}""", "1.25|3|-0.5", "0.125|1e-3")]
    [InlineData("""{"type":"integer","multipleOf":1}""", "7", "7.0")]
    [InlineData("""{"type":"number"}""", "1e10|1.5e-30|2E+9", "1e11|1e30")]
    [InlineData("""{"type":["string","null"],"not":{"enum":["a","ab",null]}}""", "\"\"|\"b\"|\"abc\"|\"日\"", "\"a\"|\"ab\"|null")]
    [InlineData("""{"enum":["a","abc","xb",7,2.5,null],"pattern":"^a","maxLength":2,"minimum":3}""", "\"a\"|7|null", "\"abc\"|\"xb\"|2.5")]
    [InlineData("""{"enum":["a","b"],"not":{"enum":["b"]}}""", "\"a\"", "\"b\"")]
    [InlineData("""{"type":"string","pattern":"^[A-Z]{2,9}[0-9]+$","minLength":4,"maxLength":6}""",
        "\"AB12\"|\"ABCDE1\"", "\"AB1\"|\"ABCDEF1\"|\"ab12\"")]
    [InlineData("""{"type":"string","pattern":"^.+$","maxLength":2}""", "\"日😀\"|\"a\"", "\"\"|\"abc\"|\"a\\n\"")]
    [InlineData("""{"type":"string","pattern":"^a","not":{"enum":["a"]}}""", "\"ab\"|\"aa\"", "\"a\"|\"b\"")]
    [InlineData("""{"type":"string","format":"date","pattern":"^2"}""", "\"2024-01-01\"", "\"1999-01-01\"")]
    [InlineData("""{"type":"string","contentEncoding":"base64"}""", "\"\"|\"QQ==\"|\"QUI=\"|\"QUJD\"", "\"Q\"|\"QQ=\"|\"QR==\"|\"a b=\"")]
    [InlineData("""{"type":"string","contentEncoding":"base64","minLength":1,"maxLength":7}""", "\"QUI=\"", "\"\"|\"QUJDQUJD\"")]
    [InlineData("""{"type":"string","format":"email","maxLength":12}""", "\"a.b@c.de\"", "\"a@b\"|\"@b.de\"|\"a@b.c.d.e.fgh\"")]
    [InlineData("""{"type":"string","format":"uri"}""", "\"http://a\"|\"x\"", "1")]
    [InlineData("""{"type":"string","format":"date-time"}""",
        "\"2024-01-01T00:00:00+14:00\"", "\"2024-01-01T00:00:00+14:01\"|\"2024-01-01T00:00:00\"")]
    [InlineData("""{"type":"integer","format":"int64","nullable":true,"x-mine":{"y":1}}""", "5", "null|\"5\"")]
    [InlineData("""{"type":"object","propertyNames":{"pattern":"^[ab]$"},"additionalProperties":{"const":1}}""", "{}|{\"a\":1}|{\"a\":1,\"b\":1}",
        "{\"c\":1}|{\"ab\":1}")]
    [InlineData("""{"type":"object","propertyNames":{"type":"string"},"strict":true,"properties":{"a":{"const":1}},"required":["a"]}""",
        "{\"a\":1}", "{}")]
    [InlineData("""{"type":"object","required":["k"],"anyOf":[{"properties":{"k":{"const":"a"}}},"""
        + """{"properties":{"k":{"const":"b"},"n":{"const":1}},"required":["n"]}]}""",
        "{\"k\":\"a\"}|{\"k\":\"b\",\"n\":1}", "{}|{\"k\":\"b\"}|{\"n\":1}|null")]
    [InlineData("""{"type":["object","null"],"anyOf":[{"properties":{"k":{"const":"a"}}},{"type":"string"},{"const":3}]}""",
        "null|{}|{\"k\":\"a\"}", "\"x\"|3")]
    [InlineData("""{"type":"object","oneOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/b"}],"discriminator":{"propertyName":"k"}"""
        + ""","$defs":{"a":{"properties":{"k":{"const":"a"}},"required":["k"]},"b":{"properties":{"k":{"const":"b"}},"required":["k"]}}}""",
        "{\"k\":\"a\"}|{\"k\":\"b\"}", "{}|{\"k\":\"c\"}")]
    [InlineData("""{"properties":{"a":{"type":"array","items":{"type":"integer"}},"b":{"$ref":"#/properties/a","items":{}}}}""",
        "{\"b\":[1]}", "{\"b\":[true]}")]
    [InlineData("""{"type":"array","uniqueItems":true,"maxItems":1}""", "[]|[1]", "[1,1]")]
    [InlineData("""{"enum":["a","b",1,null,{"x":[1,"é"]}]}""", "\"a\"|1|null|{\"x\":[1,\"é\"]}", "\"c\"|2|{}")]
    [InlineData("""{"enum":["a",1],"type":"string"}""", "\"a\"", "1")]
    [InlineData("""{"type":["string","null"]}""", "null|\"x\"", "1|{}")]
    [InlineData("""{"$ref":"#/$defs/l","$defs":{"l":{"type":"array","items":{"$ref":"#/$defs/l"}}}}""", "[]|[[],[[]]]", "[1]|[[]")]
    [InlineData("""{"$ref":"#/$defs/a~1b%20c","$defs":{"a/b c":{"const":1}}}""", "1", "2")]
    [InlineData("true", "null|{\"a\":[1,-2.5e-3,{\"b\":\"\"}]}|\"x\"", " 1|[1 ]|nul|{a:1}|01|+1")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"string"}]}""", "1|\"\"", "null")]
    [InlineData("""{"anyOf":[{"type":"integer"},{"type":"number"}]}""", "1|1.5", "null")]
    [InlineData("""{"type":"string","format":"date"}""", "\"2024-02-28\"|\"1999-12-31\"", "\"2023-02-30\"|\"2023-13-01\"|\"2023-04-31\"")]
    public void Schemas_accept_and_refuse_texts(string schema, string accepted, string refused)
    {
        var walker = new Walker(Constraint.JsonSchema(schema));
        Assert.All(accepted.Split('|'), text => Assert.True(walker.Accepts(text), text));
        Assert.All(refused.Split('|'), text => Assert.False(walker.Accepts(text), text));
    }

    [Theory]
    [InlineData("""{"not":{}}""", "not", "#")]
    [InlineData("""{"properties":{"a/b":{"type":"array","items":{"uniqueItems":true}}}}""", "uniqueItems", "#/properties/a~1b/items")]
    [InlineData("""{"patternProperties":{}}""", "patternProperties", "#")]
    [InlineData("""{"if":{},"then":{}}""", "if", "#")]
    [InlineData("""{"type":"number","multipleOf":2}""", "multipleOf", "#")]
    [InlineData("""{"type":"string","format":"hostname"}""", "format", "#")]
    [InlineData("""{"type":"string","multipleOf":3}""", "multipleOf", "#")]
    [InlineData("""{"type":"number","multipleOf":0.3}""", "multipleOf", "#")]
    [InlineData("""{"type":"array","uniqueItems":true,"maxItems":2}""", "uniqueItems", "#")]
    [InlineData("""{"type":"object","propertyNames":{"pattern":"a"},"properties":{"b":{}}}""", "propertyNames", "#")]
    [InlineData("""{"type":"object","propertyNames":{"enum":[1]}}""", "propertyNames", "#")]
    [InlineData("""{"type":"string","contentEncoding":"base32"}""", "contentEncoding", "#")]
    [InlineData("""{"not":{"enum":["a"]}}""", "not", "#")]
    [InlineData("""{"type":"array","not":{"enum":[[]]}}""", "not", "#")]
    [InlineData("""{"type":"string","not":{"enum":["a"],"type":"string"}}""", "not", "#")]
    [InlineData("""{"type":"object","anyOf":[{"$ref":"#"},{"$ref":"#"}]}""", "anyOf", "#")]
    [InlineData("""{"anyOf":[{"type":"string"}],"minLength":1}""", "minLength", "#")]
    [InlineData("""{"type":"number","minimum":1e16}""", "minimum", "#")]
    [InlineData("""{"type":"number","minimum":1e-15,"maximum":2e-15}""", "minimum", "#")]
    [InlineData("""{"type":"string","pattern":"(?=a)"}""", "(?=", "#/pattern")]
    [InlineData("""{"anyOf":[{}],"properties":{}}""", "properties", "#")]
    [InlineData("""{"allOf":[{},{}]}""", "allOf", "#")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"number"}]}""", "oneOf", "#")]
    [InlineData("""{"oneOf":[{"type":"string"},{"properties":{}}]}""", "oneOf", "#")]
    [InlineData("""{"$ref":"http://example.com/a"}""", "$ref", "#")]
    [InlineData("""{"$ref":"#/$defs/none"}""", "$ref", "#")]
    [InlineData("""{"$ref":"#"}""", "$ref", "#")]
    [InlineData("""{"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"type":"null"},{"$ref":"#/$defs/b"}]},"b":{"$ref":"#/$defs/a"}}}""", "$ref",
        "#/$defs/a")]
    [InlineData("""{"type":"text"}""", "type", "#")]
    [InlineData("""{"type":"array","items":[{}]}""", "items", "#")]
    [InlineData("""{"minLength":-1}""", "minLength", "#")]
    [InlineData("""{"minimum":"1"}""", "minimum", "#")]
    [InlineData("""{"type":"integer","minimum":1000000000000000000000}""", "minimum", "#")]
    [InlineData("""{"required":["a"],"additionalProperties":false}""", "required", "#")]
    [InlineData("""{"enum":[]}""", "enum", "#")]
    public void Unsupported_keywords_are_named_with_their_place(string schema, string keyword, string path)
    {
        var error = Assert.Throws<ConstraintException>(() => Constraint.JsonSchema(schema));
        Assert.Equal((keyword, path), (error.Keyword, error.Path));
        Assert.Contains(keyword, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Keywords_without_effect_are_listed_with_their_place()
    {
        var constraint = Constraint.JsonSchema(
            """{"properties":{"a":{"type":"string","format":"uri","x-a":1},"b":{"type":"integer","format":"int64"}"""
            + ""","c":{"type":"string","format":"date"}}}""");
        Assert.Equal(
            ["'x-a': 1 at #/properties/a", "'format': \"uri\" at #/properties/a", "'format': \"int64\" at #/properties/b"],
            constraint.IgnoredKeywords);
        Assert.Empty(Constraint.Regex("a").IgnoredKeywords);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("3")]
    [InlineData("false")]
    [InlineData("""{"type":"integer","minimum":2,"maximum":1}""")]
    [InlineData("""{"type":"array","minItems":2,"maxItems":1}""")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}""")]
    [InlineData("""{"type":"string","maxLength":100000000}""")]
    [InlineData("""{"type":"array","items":{"const":1},"minItems":1000000000}""")]
    public void Malformed_and_unsatisfiable_schemas_are_refused(string schema) =>
        Assert.Throws<ConstraintException>(() => Constraint.JsonSchema(schema));

    [Fact]
    public void An_unsatisfiable_property_is_left_out()
    {
        var walker = new Walker(Constraint.JsonSchema("""{"properties":{"a":false,"b":{"const":1}}}"""));
        Assert.True(walker.Accepts("{\"b\":1}"));
        Assert.False(walker.Begins("{\"a"));
    }

    [Fact]
    public void An_unsupported_keyword_anywhere_is_named_with_its_place() => Gen.Int[0, int.MaxValue].Sample(seed =>
    {
        var random = new Random(seed);
        var schema = new RandomSchemas(random).Whole();
        var places = DamagedSchemas.Subschemas(schema).ToArray();
        var (path, at) = places[random.Next(places.Length)];
        var keyword = DamagedSchemas.Unsupported[random.Next(DamagedSchemas.Unsupported.Length)];
        at[keyword] = new JsonObject();
        var error = Assert.Throws<ConstraintException>(() => Constraint.JsonSchema(schema.ToJsonString()));
        Assert.Equal((keyword, path), (error.Keyword, error.Path));
        Assert.Contains($"'{keyword}'", error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void Any_JSON_is_a_working_schema_or_is_refused()
    {
        var kept = 0;
        Gen.Int[0, int.MaxValue].Sample(
            seed =>
            {
                var random = new Random(seed);
                var schema = new DamagedSchemas(random).Next();
                try
                {
                    var (text, _) = new Walker(Constraint.JsonSchema(schema)).Write(random, 30);
                    using var document = JsonDocument.Parse(schema);
                    using var value = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 1000 });
                    var mistake = new SchemaValidator(document.RootElement).Violation(value.RootElement);
                    Assert.True(mistake is null, $"{mistake}\n{schema}\n{text}");
                    Interlocked.Increment(ref kept);
                }
                catch (ConstraintException)
                {
                }
            },
            iter: 400);
        Assert.True(kept > 40, $"{kept} schemas were kept to.");
    }

    [Fact]
    public void Any_text_is_a_schema_or_is_refused() => Gen.Int[0, int.MaxValue].Sample(
        seed =>
        {
            var random = new Random(seed);
            try
            {
                new Walker(Constraint.JsonSchema(DamagedSchemas.Scramble(random, new DamagedSchemas(random).Next()))).Write(random, 10);
            }
            catch (ConstraintException)
            {
            }
        },
        iter: 1000);

    [Theory]
    [InlineData("""{"const":"\ud800"}""")]
    [InlineData("""{"properties":{"\udc00":true}}""")]
    [InlineData("""{"type":"object","properties":{"a":true},"required":["\udc00"]}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"type":"\ud800"}""")]
    [InlineData("""{"$ref":"#/\ud800"}""")]
    [InlineData("""{"type":"string","pattern":"\ud800"}""")]
    [InlineData("""{"type":"number","minimum":79228162514264337593543950335}""")]
    [InlineData("""{"type":"number","exclusiveMaximum":-9999999999999999999999999999}""")]
    [InlineData("""{"type":"number","minimum":1e400}""")]
    [InlineData("""{"type":"number","minimum":1e-30}""")]
    [InlineData("""{"type":"number","maximum":0.99999999999999999999999999999999}""")]
    [InlineData("""{"minItems":1e-30}""")]
    [InlineData("""{"const":1e30}""")]
    [InlineData("""{"oneOf":[{"const":1e30},{"type":"integer"}]}""")]
    public void Half_surrogates_and_huge_numbers_are_refused(string schema)
    {
        var error = Assert.Throws<ConstraintException>(() => Constraint.JsonSchema(schema));
        Assert.DoesNotContain("Nothing satisfies", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_oneOf_lists_are_decided_or_refused()
    {
        string Values(int first) => $$"""{"enum":[{{string.Join(',', Enumerable.Range(first, 40_000))}}]}""";
        Assert.Equal("oneOf",
            Assert.Throws<ConstraintException>(() => Constraint.JsonSchema($$"""{"oneOf":[{{Values(0)}},{{Values(40_000)}}]}""")).Keyword);
        string properties = string.Concat(Enumerable.Range(0, 9_000).Select(static i => $"\"{i}\":true,"));
        string required = string.Concat(Enumerable.Range(0, 9_000).Select(static i => $",\"{i}\""));
        string Members(string last) =>
            $$$"""{"type":"object","properties":{{{{properties}}}"z":{"const":{{{last}}}}},"required":["z"{{{required}}}]}""";
        Assert.ThrowsAny<ConstraintException>(() => Constraint.JsonSchema($$"""{"oneOf":[{{Members("1")}},{{Members("1")}}]}"""));
    }

    [Theory]
    [InlineData("""{"$ref":"#/$defs/TARGET"}""")]
    [InlineData("""{"allOf":[{"$ref":"#/$defs/TARGET"}]}""")]
    [InlineData("""{"anyOf":[{"allOf":[{"$ref":"#/$defs/TARGET"}]}]}""")]
    public void A_chain_of_references_takes_linear_time(string link)
    {
        const int count = 10_000;
        var links = string.Join(',', Enumerable.Range(0, count).Select(i => $"\"{i}\":{link.Replace("TARGET", $"{i + 1}")}"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var constraint = Constraint.JsonSchema($$$"""{"$ref":"#/$defs/0","$defs":{{{{links}}},"{{{count}}}":{"const":7} } }""");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200L << 20);
        Assert.True(new Walker(constraint).Accepts("7"));
        // Each of them by itself as well.
        var all = string.Join(',', Enumerable.Range(0, count).Select(static i => $$"""{"$ref":"#/$defs/{{i}}"}"""));
        var array = $$$"""{"type":"array","prefixItems":[{{{all}}}],"items":false,"maxItems":1,"$defs":{{{{links}}},"{{{count}}}":{"const":7} } }""";
        Assert.True(new Walker(Constraint.JsonSchema(array)).Accepts("[7]"));
    }

    [Fact]
    public void A_long_name_with_many_subschemas_takes_linear_memory()
    {
        var name = new string('n', 250_000);
        var values = string.Join(',', Enumerable.Range(0, 15_000).Select(static i => $$"""{"const":{{i}}}"""));
        var array = $$"""{"type":"array","prefixItems":[{{values}}],"items":false,"maxItems":2}""";
        var before = GC.GetAllocatedBytesForCurrentThread();
        var constraint = Constraint.JsonSchema($$$"""{"$ref":"#/$defs/{{{name}}}","$defs":{"{{{name}}}":{{{array}}} } }""");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200L << 20);
        Assert.True(new Walker(constraint).Accepts("[0,1]"));
    }

    [Theory]
    [InlineData("{0}", true)]
    [InlineData("\"{0}\"", true)]
    [InlineData("[{0}]", false)]
    public void Thousands_of_excluded_values_take_linear_time_or_are_refused(string value, bool isSupported)
    {
        string List(int from) =>
            string.Join(',', Enumerable.Range(from, 9000).Select(i => string.Format(CultureInfo.InvariantCulture, value, i)));
        var schema = $$$"""{"enum":[{{{List(0)}}}],"not":{"enum":[{{{List(4500)}}}]} }""";
        if (!isSupported)
        {
            Assert.Contains("comparisons", Assert.Throws<ConstraintException>(() => Constraint.JsonSchema(schema)).Message, StringComparison.Ordinal);
            return;
        }

        var walker = new Walker(Constraint.JsonSchema(schema));
        Assert.True(walker.Accepts(string.Format(CultureInfo.InvariantCulture, value, 4499)));
        Assert.False(walker.Accepts(string.Format(CultureInfo.InvariantCulture, value, 4500)));
    }

    [Fact]
    public void Excluded_values_are_compared_as_values()
    {
        var walker = new Walker(Constraint.JsonSchema(
            """{"enum":[1.0,2,"a",null,true,[1],{"a":1,"b":2}],"not":{"enum":[1,"\u0061",null,[1.0],{"b":2,"a":1}]}}"""));
        Assert.True(walker.Accepts("2"));
        Assert.True(walker.Accepts("true"));
        foreach (var value in (string[])["1.0", "\"a\"", "null", "[1]", """{"a":1,"b":2}"""])
            Assert.False(walker.Accepts(value));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"$ref\":\"#/$defs/all\"}")]
    public void Alternatives_with_large_shared_keywords_are_refused(string alternative)
    {
        var names = string.Join(',', Enumerable.Range(0, 20_000).Select(static i => $"\"n{i}\""));
        var alternatives = string.Join(',', Enumerable.Repeat(alternative, 900));
        var schema = $$$"""{"required":[{{{names}}}],"anyOf":[{{{alternatives}}}],"$defs":{"all":{"enum":[{{{names}}}]} } }""";
        Assert.Contains("bytes", Assert.Throws<ConstraintException>(() => Constraint.JsonSchema(schema)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_of_references_that_ends_in_itself_is_refused()
    {
        var error = Assert.Throws<ConstraintException>(() => Constraint.JsonSchema(
            """{"$ref":"#/$defs/a","$defs":{"a":{"allOf":[{"$ref":"#/$defs/b"}]},"b":{"$ref":"#/$defs/a"}}}"""));
        Assert.Equal("$ref", error.Keyword);
        Assert.Contains("back to itself", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compilation_is_cancelled()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Constraint.JsonSchema("""{"type":"string"}""", source.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => Constraint.Regex("a{9999}", source.Token));
    }

    [Fact]
    public void JsonElement_schemas_have_the_same_limits()
    {
        using var deep =
            JsonDocument.Parse($$"""{"const":{{new string('[', 5_000)}}{{new string(']', 5_000)}}}""", new JsonDocumentOptions { MaxDepth = 6_000 });
        Assert.Throws<ConstraintException>(() => Constraint.JsonSchema(deep.RootElement));
        using var list = JsonDocument.Parse($$"""{"enum":["{{new string('a', 2 << 20)}}"]}""");
        Assert.Contains(
            "characters", Assert.Throws<ConstraintException>(() => Constraint.JsonSchema(list.RootElement)).Message, StringComparison.Ordinal);
        Assert.Throws<ConstraintException>(() => Constraint.JsonSchema(default(JsonElement)));
    }

    [Fact]
    public void Thousands_of_alternatives_with_one_prefix_work_or_are_refused()
    {
        var list = string.Join(',',
            Enumerable.Range(0, 3000).Select(static i =>
                $$$"""{"type":"object","properties":{"p{{{i}}}":{"type":"integer"}},"required":["p{{{i}}}"]}"""));
        var walker = new Walker(Constraint.JsonSchema($$"""{"anyOf":[{{list}}]}"""));
        Assert.True(walker.Accepts("{\"p2999\":1}"));
        const string array = """{"type":"array","items":{"$ref":"#/$defs/a"}}""";
        const string either = "[" + array + "," + array + "]";
        var ambiguous = new Walker(Constraint.JsonSchema("""{"$ref":"#/$defs/a","$defs":{"a":{"anyOf":""" + either + "}}}"));
        Assert.Throws<ConstraintException>(() => ambiguous.Accepts(new string('[', 40)));
    }
}
