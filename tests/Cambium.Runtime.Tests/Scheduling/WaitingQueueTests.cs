using Cambium.Runtime.Scheduling;
using Xunit;

namespace Cambium.Runtime.Tests.Scheduling;

public class WaitingQueueTests
{
    private const int MaxBypasses = 3;

    [Fact]
    public void Random_operations_keep_the_queue_in_order()
    {
        var random = new Random(1);
        var queue = new WaitingQueue<Sequence>(MaxBypasses);
        var waiting = new List<Sequence>();
        for (var number = 1; number < 3000; number++)
        {
            if (waiting.Count == 0 || random.Next(2) == 0)
            {
                var arrived = new Sequence
                {
                    Number = number,
                    Priority = random.Next(-1, 2),
                    WasPreempted = random.Next(3) == 0,
                    Paused = random.Next(5) == 0,
                };
                queue.Add(arrived);
                waiting.Add(arrived);
            }
            else
            {
                var started = waiting[random.Next(waiting.Count)];
                queue.Remove(started);
                waiting.Remove(started);
                Assert.False(started.IsWaiting);
                queue.CountBypasses(started);
            }

            var expected = waiting.OrderByDescending(static sequence => sequence.Rank)
                .ThenByDescending(static sequence => sequence.WasPreempted)
                .ThenBy(static sequence => sequence.Number)
                .ToList();
            Assert.Equal(expected, Enumerable.Range(0, queue.Count).Select(i => queue[i]));
            Assert.Equal(expected.FindIndex(static sequence => !sequence.Paused), queue.FirstReady);
            Assert.Equal(waiting.Count(static sequence => sequence.WasPreempted), queue.PreemptedCount);
        }

        Assert.Contains(waiting, static sequence => sequence.IsAged);
    }

    [Fact]
    public void An_aged_sequence_comes_before_higher_priorities()
    {
        var queue = new WaitingQueue<Sequence>(MaxBypasses);
        var (old, urgent) = (new Sequence { Number = 1 }, new Sequence { Number = 2, Priority = 9 });
        queue.Add(old);
        queue.Add(urgent);
        for (var number = 3; number < 3 + MaxBypasses; number++)
        {
            Assert.Same(urgent, queue[0]);
            queue.CountBypasses(new Sequence { Number = number });
        }

        Assert.True(old.IsAged);
        Assert.Same(old, queue[0]);
    }
}
