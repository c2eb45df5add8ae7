namespace Cambium.Runtime;

/// <summary>Why an answer ended.</summary>
public enum FinishReason
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>The model generated an EOS token.</summary>
    Eos,

    /// <summary>The text reached one of the request's stop strings; it ends before it.</summary>
    StopString,

    /// <summary>The answer satisfies the request's <see cref="Request.Constraint"/>, and no token may follow.</summary>
    Complete,

    /// <summary><see cref="Request.MaxTokens"/> tokens were generated.</summary>
    Length,

    /// <summary>Prompt and generated tokens fill the context.</summary>
    ContextFull,
}
