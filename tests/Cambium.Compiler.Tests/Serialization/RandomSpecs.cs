using System.Reflection;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;

namespace Cambium.Tests.Serialization;

/// <summary>
/// Creates records of the spec by reflection: every parameter and every settable property gets a value, so that the tests cover a new
/// record or property without an edit.
/// </summary>
internal sealed class RandomSpecs(int seed)
{
    private static readonly string[] Strings = ["", "x", "Heads * HeadDim, Hidden", "a \"quote\" and \\ another", "tab\tline\nend", "Grüße, 世界", "-",
        "]", ")", "\ud83c", "\0"];

    private static readonly double[] Numbers = [0, -0.0, 1, -1, 1e-5f, 1.0 / 3, double.MaxValue, double.Epsilon, double.NaN, double.NegativeInfinity];

    private readonly Random _random = new(seed);

    /// <summary>Every record that a class description can contain.</summary>
    public static IReadOnlyList<Type> Records { get; } = Reach();

    public T Make<T>() => (T)Make(typeof(T), 0)!;

    public object Make(Type type) => Make(type, 0)!;

    /// <summary>
    /// Parameters of the record's constructor, then the other settable properties. Excludes the spec of a base class, which exists only after linking
    /// and is not part of the text.
    /// </summary>
    public static IEnumerable<PropertyInfo> Properties(Type record) =>
        record.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(static property => property.CanWrite && property is not { Name: nameof(BaseSpec.Spec), DeclaringType.Name: nameof(BaseSpec) });

    /// <summary>A value of a property that differs from the current one.</summary>
    public object? Other(PropertyInfo property, object owner)
    {
        var old = property.GetValue(owner);
        while (true)
        {
            var value = IsNullable(property) && _random.Next(3) == 0 ? null : Make(property.PropertyType, 2);
            if (!Equals(value, old))
                return value;
        }
    }

    private object? Make(Type type, int depth)
    {
        if (type == typeof(string))
            return Strings[_random.Next(Strings.Length)];
        if (type == typeof(int))
            return _random.Next(4) == 0 ? _random.Next(int.MinValue, int.MaxValue) : _random.Next(9);
        if (type == typeof(bool))
            return _random.Next(2) == 0;
        if (type == typeof(double))
            return Numbers[_random.Next(Numbers.Length)];
        if (type.IsEnum)
            return Enum.GetValues(type).GetValue(_random.Next(Enum.GetValues(type).Length));
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(EquatableArray<>))
        {
            var items = Array.CreateInstance(type.GenericTypeArguments[0], depth > 6 ? 0 : _random.Next(4));
            for (var i = 0; i < items.Length; i++)
                items.SetValue(Make(type.GenericTypeArguments[0], depth + 1), i);
            return Activator.CreateInstance(type, items);
        }

        if (type.IsAbstract)
        {
            // From a certain depth only leaves, so that the recursion ends.
            var kinds = Kinds(type).Where(kind => depth < 6 || !Properties(kind).Any(property => property.PropertyType.IsAbstract)).ToList();
            return Make(kinds[_random.Next(kinds.Count)], depth + 1);
        }

        var constructor = type.GetConstructors().Single();
        var record =
            constructor.Invoke(
                [.. constructor.GetParameters()
                    .Select(parameter => IsNullable(parameter) && _random.Next(3) == 0 ? null : Make(parameter.ParameterType, depth + 1))]);
        foreach (var property in Properties(type).Where(property => constructor.GetParameters().All(parameter => parameter.Name != property.Name)))
            property.SetValue(record, IsNullable(property) && _random.Next(3) == 0 ? null : Make(property.PropertyType, depth + 1));
        return record;
    }

    private static bool IsNullable(PropertyInfo property) => new NullabilityInfoContext().Create(property).ReadState == NullabilityState.Nullable;

    private static bool IsNullable(ParameterInfo parameter) => new NullabilityInfoContext().Create(parameter).ReadState == NullabilityState.Nullable;

    private static IEnumerable<Type> Kinds(Type type) =>
        type.Assembly.GetTypes()
            .Where(candidate => candidate.IsSubclassOf(type) && !candidate.IsAbstract)
            .OrderBy(static kind => kind.Name, StringComparer.Ordinal);

    private static List<Type> Reach()
    {
        var (seen, pending) = (new HashSet<Type>(), new Stack<Type>([typeof(ClassSpec)]));
        while (pending.TryPop(out var type))
        {
            if (type.IsGenericType)
                type = type.GenericTypeArguments[0];
            if (type.Assembly != typeof(ClassSpec).Assembly || type.IsEnum || !seen.Add(type))
                continue;
            foreach (var next in type.IsAbstract ? Kinds(type) : Properties(type).Select(static property => property.PropertyType))
                pending.Push(next);
        }

        return [.. seen.Where(static type => !type.IsAbstract).OrderBy(static type => type.Name, StringComparer.Ordinal)];
    }
}
