using Cambium.Runtime.Cache;
using Cambium.Runtime.Loading;

namespace Cambium.Runtime;

/// <summary>The namespaces in which the sequences of one model share prefixes.</summary>
internal sealed class RootKeys(CompiledModel model, bool shareAcrossTenants)
{
    private readonly RootKey _common = new(model.Definition.ProgramHash, ((LoadedCheckpoint?)model.Checkpoint)?.Fingerprint ?? "", "");

    public RootKey Of(string tenant) => _common with { Tenant = shareAcrossTenants ? "" : tenant };
}
