// The application of the quick start: a search page whose users never sleep. RATE questions a second, the nearest text of
// each printed once in a while.
const url = process.env.RETRIEVER_URL ?? "http://127.0.0.1:7080";
const rate = Number(process.env.RATE ?? 10);
const most = Number(process.env.QUESTIONS ?? Infinity);

export async function retrieve(embedding, k) {
  const response = await fetch(`${url}/v1/retrieve`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ embedding, k, include: ["text"] }),
    signal: AbortSignal.timeout(6000),
  });
  const body = await response.json();
  if (!response.ok) throw new Error(`${body.error.code}: ${body.error.message}`);
  return body.candidates;
}

/** Where a model of your own would turn a question into numbers. */
function embed(question) {
  return Array.from({ length: 8 }, (_, axis) => Math.sin(question * (axis + 1.5)));
}

let asked = 0;
const timer = setInterval(async () => {
  asked += 1;
  if (asked >= most) clearInterval(timer);
  const number = asked;
  try {
    const [best] = await retrieve(embed((number * 7) % 2000), 5);
    if (number % 100 === 1) console.log(`question ${number}: ${best.text}`);
  } catch (error) {
    console.log(`question ${number}: ${error.message}`);
  }
}, 1000 / rate);
