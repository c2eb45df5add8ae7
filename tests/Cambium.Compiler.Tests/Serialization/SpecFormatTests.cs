using System.Globalization;
using System.Reflection;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Spec.Serialization;
using Cambium.Compiler.Types;
using Cambium.Tests.Specs;
using CsCheck;
using Xunit;

namespace Cambium.Tests.Serialization;

/// <summary>The text format of class descriptions in packages.</summary>
public sealed class SpecFormatTests
{
    public static TheoryData<string, string> Properties
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var record in RandomSpecs.Records)
            {
                foreach (var property in RandomSpecs.Properties(record))
                    data.Add(record.Name, property.Name);
            }

            return data;
        }
    }

    [Fact]
    public void A_written_spec_reads_back_equal() => Gen.Int.Sample(
        static seed =>
        {
            var spec = new RandomSpecs(seed).Make<ClassSpec>();
            Assert.Equal(spec, SpecFormat.Read(SpecFormat.Write(spec)));
        },
        iter: 300);

    [Theory]
    [MemberData(nameof(Properties))]
    public void Every_property_of_every_record_is_written(string recordName, string propertyName)
    {
        var type = RandomSpecs.Records.Single(record => record.Name == recordName);
        var property = type.GetProperty(propertyName)!;
        for (var seed = 0; seed < 6; seed++)
        {
            var random = new RandomSpecs(seed);
            var record = random.Make(type);
            var changed = type.GetMethod("<Clone>$")!.Invoke(record, null)!;
            property.SetValue(changed, random.Other(property, record));
            var (before, after) = (Holding(record), Holding(changed));
            Assert.NotEqual(before, after);
            Assert.NotEqual(SpecFormat.Write(before), SpecFormat.Write(after));
            Assert.Equal(after, SpecFormat.Read(SpecFormat.Write(after)));
        }
    }

    [Fact]
    public void The_records_include_nested_ones() =>
        Assert.Superset(
            new HashSet<string> { nameof(ClassSpec), nameof(WeightSpec), nameof(Assign), nameof(LambdaOf), nameof(Argument),
                nameof(ExpectationSpec) }, RandomSpecs.Records.Select(static record => record.Name).ToHashSet());

    [Fact]
    public void Specs_of_models_read_back_equal()
    {
        foreach (var type in new[] { Odd.Spec, TinyLlama.Spec }.SelectMany(static model => model.Blocks.Prepend(model.Root)))
            Assert.Equal(type, SpecFormat.Read(SpecFormat.Write(type)));
    }

    [Fact]
    public void The_text_is_ascii_in_every_culture()
    {
        var before = CultureInfo.CurrentCulture;
        var text = SpecFormat.Write(new RandomSpecs(5).Make<ClassSpec>());
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("", false) { NumberFormat = { NumberDecimalSeparator = ",", NegativeSign = "~" } };
            Assert.Equal(text, SpecFormat.Write(new RandomSpecs(5).Make<ClassSpec>()));
            Assert.Equal(new RandomSpecs(5).Make<ClassSpec>(), SpecFormat.Read(text));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        Assert.All(text, static letter => Assert.InRange(letter, ' ', '~'));
    }

    // A failure means that the table has changed. If packages can already contain this version, raise SpecFormat.Version.
    [Fact]
    public void The_schema_belongs_to_this_version()
    {
        Assert.Equal(2, SpecFormat.Version);
        Assert.Equal(
            """
            (class string string [dim] [option] [weight] [child] [function] [expects] base?)
            (base string string?)
            (dim int string string? string?)
            (option int string {Int Float Bool Text Rotary Enum Index} string string? bool [choice])
            (choice string [string])
            (weight int string string string string? string? string? bool)
            (child int string string string string? string?)
            (expects string [string])
            (function int string [parameter] [Statement] 'virtual'?)
            (parameter string {Tensor Tokens Int Float Bool Score Position Text Rotary})
            (assign int [string] Expression)
            (foreach int string string string? [Statement])
            (if int Expression [Statement] [Statement])
            (return int Expression)
            (local int string)
            (member int string)
            (property int Expression string)
            (item int Expression Expression)
            (number int double bool)
            (truth int bool)
            (text int string)
            (op int string [argument])
            (host int string [Expression])
            (conditional int Expression Expression Expression)
            (call int Expression? string [Expression] 'base'?)
            (tuple int [Expression])
            (lambda int [string] Expression)
            (argument string Expression)

            """,
            SpecFormat.Schema());
    }

    [Fact]
    public void The_text_of_this_version_does_not_change() => Assert.Equal(
        """(class "Acme.Gate" "Gate" [(dim 1 "Hidden" "hidden_size" -)] [] [(weight 2 "W" "w" "Hidden, """
            + """Hidden" - - - false)] [(child 3 "Part" "part" "Other.Part" - "Other")] [(function 4 "Forward" [(parameter "x" Tensor)] [(return 5 """
            + """(op 6 "Multiply" [(argument "left" (local 7 "x")) (argument "right" (number 8 x3fe0000000000000 false))]))])] """
            + """[(expects "hidden_act" ["silu" "swish"])])""",
        SpecFormat.Write(new ClassSpec(
            "Acme.Gate",
            "Gate",
            EquatableArray.Of(new DimSpec(1, "Hidden", "hidden_size", null)),
            EquatableArray<OptionSpec>.Empty,
            EquatableArray.Of(new WeightSpec(2, "W", "w", "Hidden, Hidden", null, null, null)),
            EquatableArray.Of(new ChildSpec(3, "Part", "part", "Other.Part", null) { Assembly = "Other" }),
            EquatableArray.Of(
                new FunctionSpec(4, "Forward", EquatableArray.Of(new ParameterSpec("x", ParameterKind.Tensor)), EquatableArray.Of<Statement>(
                new Return(5,
                    new OpCall(6, "Multiply",
                        EquatableArray.Of(new Argument("left", new LocalRef(7, "x")), new Argument("right", new Number(8, 0.5, false)))))))))
        {
            Expectations = EquatableArray.Of(new ExpectationSpec("hidden_act", EquatableArray.Of("silu", "swish"))),
        }));

    // That version has no base classes and no virtual functions.
    [Fact]
    public void A_text_of_the_first_version_is_read()
    {
        var function =
            SpecFormat.Read("""(class "A" "A" [] [] [] [] [(function 4 "Forward" [] [(return 5 (call 6 - "Own" []))])] [])""").Functions[0];
        Assert.False(function.IsVirtual);
        Assert.False(((BlockCall)((Return)function.Body[0]).Value).IsOfBase);
        Assert.Throws<FormatException>(() => SpecFormat.Read("""(class "A" "A" [] [] [] [] [(function 4 "Forward" [] [] abstract)] [])"""));
    }

    [Fact]
    public void Damaged_text_is_refused() => Gen.Select(Gen.Int, Gen.Double[0, 1], Gen.Int[0, 2]).Sample(
        static (seed, share, way) =>
        {
            var text = SpecFormat.Write(new RandomSpecs(seed & 7).Make<ClassSpec>());
            var at = (int)(share * (text.Length - 1));
            var damaged = way switch
            {
                0 => text[..at],
                1 => text.Remove(at, 1),
                _ => text.Insert(at, "("),
            };

            // Some damage gives another valid text, for example inside a string. Truncation never does.
            try
            {
                SpecFormat.Read(damaged);
                Assert.NotEqual(0, way);
            }
            catch (FormatException damage)
            {
                Assert.Contains("expected", damage.Message, StringComparison.Ordinal);
            }
        },
        iter: 1000);

    [Fact]
    public void Too_deep_nesting_is_refused()
    {
        var text = """(class "A" "A" [] [] [] [] [(function 1 "F" [] [(return 2 """ + string.Concat(Enumerable.Repeat("(tuple 3 [", 200_000));
        Assert.Contains("nested", Assert.Throws<FormatException>(() => SpecFormat.Read(text)).Message, StringComparison.Ordinal);
    }

    /// <summary>A class whose description contains the record.</summary>
    private static ClassSpec Holding(object record)
    {
        var empty = new ClassSpec(
            "T",
            "T",
            EquatableArray<DimSpec>.Empty,
            EquatableArray<OptionSpec>.Empty,
            EquatableArray<WeightSpec>.Empty,
            EquatableArray<ChildSpec>.Empty,
            EquatableArray<FunctionSpec>.Empty);
        return record switch
        {
            ClassSpec type => type,
            DimSpec dim => empty with { Dims = EquatableArray.Of(dim) },
            OptionSpec option => empty with { Options = EquatableArray.Of(option) },
            ChoiceSpec choice => Holding(new OptionSpec(1, "O", OptionKind.Enum, "o", null) { Choices = EquatableArray.Of(choice) }),
            WeightSpec weight => empty with { Weights = EquatableArray.Of(weight) },
            ChildSpec child => empty with { Children = EquatableArray.Of(child) },
            BaseSpec extended => empty with { Base = extended },
            ExpectationSpec expectation => empty with { Expectations = EquatableArray.Of(expectation) },
            FunctionSpec function => empty with { Functions = EquatableArray.Of(function) },
            ParameterSpec parameter => Holding(new FunctionSpec(1, "F", EquatableArray.Of(parameter), EquatableArray<Statement>.Empty)),
            Statement statement => Holding(new FunctionSpec(1, "F", EquatableArray<ParameterSpec>.Empty, EquatableArray.Of(statement))),
            Expression expression => Holding(new Return(2, expression)),
            Argument argument => Holding(new OpCall(3, "Op", EquatableArray.Of(argument))),
            _ => throw new InvalidOperationException($"Add the place of {record.GetType().Name} in a class here."),
        };
    }
}
