namespace Cambium.Runtime.Cache;

/// <summary>Identifies everything except tokens that changes keys and values. Sequences share nodes only below equal keys.</summary>
/// <param name="Program">Hash of the compiled program.</param>
/// <param name="Checkpoint">Fingerprint of configuration and weights.</param>
/// <param name="Tenant">The owner of the sequence; empty where tenants share.</param>
public readonly record struct RootKey(string Program, string Checkpoint, string Tenant);
