namespace Cambium.Runtime;

/// <summary>Receives one request's answer from a loop, on the loop's thread.</summary>
public interface ITokenSink
{
    /// <summary>Whether another token can be taken; a sequence whose sink is full pauses.</summary>
    bool Ready { get; }

    /// <summary>The next item; after one that <see cref="GeneratedToken.IsLast"/> nothing follows. An exception ends this request, through <see cref="Fail"/>, and no other.</summary>
    void Next(in GeneratedToken token);

    /// <summary>The request ended without an answer, or in the middle of it; nothing follows. Must not throw.</summary>
    void Fail(Exception reason);
}
