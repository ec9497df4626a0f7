// Loaded before a process's own main: collects garbage on request and tells what is left. Needs --expose-gc.

type Collect = { readonly gc?: () => void };

process.on("message", () => {
  const { gc } = globalThis as Collect;
  if (gc === undefined) throw new Error("started without --expose-gc");
  // Twice: what the first collection finalises, the second frees.
  gc();
  setImmediate(() => {
    gc();
    const { rss, heapUsed, external } = process.memoryUsage();
    process.send?.({ rss, heapUsed, external });
  });
});
// The measured process ends as it does without the probe.
process.channel?.unref();
