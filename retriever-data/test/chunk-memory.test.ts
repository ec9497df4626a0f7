// The store in memory that repairs are tried on keeps the same contract as the real writers.
import { describeChunkWriter } from "@retriever/stores/test/chunk-writer-contract.ts";
import { makeChunkMemory } from "./chunk-memory.ts";

const memory = makeChunkMemory("destination", []);
describeChunkWriter(() => memory.writer);
