namespace Cambium.TestKit;

/// <summary>A clock that moves only when <see cref="Advance"/> is called.</summary>
public sealed class ManualClock : TimeProvider
{
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public void Advance(TimeSpan by) => _now += by.Ticks;
}
