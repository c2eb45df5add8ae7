using Cambium.Compiler.Spec;
using Cambium.Generators.Reading;

namespace Cambium.Generators.Linking;

/// <summary>Every class that a model of a project can use or extend: the project's own and those that its references describe.</summary>
internal sealed class ProjectBlocks
{
    private readonly Dictionary<string, ClassReading> _own;

    public ProjectBlocks(IEnumerable<ClassReading> own, IEnumerable<ReferencedAssembly> assemblies)
    {
        _own = own
            .GroupBy(static block => block.Spec.TypeName, StringComparer.Ordinal)
            .ToDictionary(static group => group.Key, static group => group.First(), StringComparer.Ordinal);
        Foreign = new ForeignBlocks(assemblies);
    }

    public ForeignBlocks Foreign { get; }

    public ClassReading? Own(ClassKey key) => key.Assembly.Length == 0 && _own.TryGetValue(key.TypeName, out var found) ? found : null;

    public ClassSpec? Find(ClassKey key) => Own(key)?.Spec ?? Foreign.Find(key);
}
