import { expect, it } from "vitest";
import { environmentOf, imageConfigOf, nodeArgumentsOf } from "./image-config.ts";

const text = `FROM base AS build
ENTRYPOINT ["/wrong"]

FROM base AS operator
ENV NODE_ENV=production
USER 65532:65532
EXPOSE 7080 7090
ENTRYPOINT ["/node", "--flag=1", "/main.ts"]

FROM base AS sidecar
ENTRYPOINT ["/node", "/other.ts"]
CMD ["serve"]
`;

it("an image starts as its own target of the Dockerfile says", () => {
  expect(imageConfigOf("operator", text)).toEqual({
    User: "65532:65532",
    WorkingDir: "/",
    Env: ["NODE_ENV=production"],
    ExposedPorts: { "7080/tcp": {}, "7090/tcp": {} },
    Entrypoint: ["/node", "--flag=1", "/main.ts"],
  });
  expect(imageConfigOf("sidecar", text)).toMatchObject({ Entrypoint: ["/node", "/other.ts"], Cmd: ["serve"] });
});

it("a target without a way to start is refused by its name", () => {
  expect(() => imageConfigOf("operator", "FROM base AS operator\n")).toThrow("operator has no ENTRYPOINT");
});

it("the operator's own Dockerfile gives Node arguments and no script among them", () => {
  expect(nodeArgumentsOf("operator").every((word) => word.startsWith("--"))).toBe(true);
});

it("the sidecar's own Dockerfile gives the allocator's variables, each with its value", () => {
  expect(environmentOf("sidecar")).toMatchObject({ NODE_ENV: "production", MALLOC_ARENA_MAX: "1" });
});
