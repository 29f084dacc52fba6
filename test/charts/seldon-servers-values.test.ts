import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type Manifest, render, renderError, renderText, skipWithoutHelm } from "./helm.ts";
import { MODES, serverOf } from "./seldon.ts";
import { expectStrict } from "./strict-decode.ts";

skipWithoutHelm();

const VALUES_FILE = "templates/values-for-seldon-servers.yaml";

describe("values for Seldon's own servers chart", () => {
  const printed = (values: Manifest = {}) =>
    renderText({ values: { ...values, print: "seldon-servers-values" }, showOnly: VALUES_FILE });

  /** As that chart puts them into its Server (k8s/helm-charts/seldon-core-v2-servers/templates/_servers-statefulsets.tpl). */
  const asSeldon = (values: Manifest): Manifest => ({
    apiVersion: "mlops.seldon.io/v1alpha1",
    kind: "Server",
    metadata: { name: "mlserver", annotations: values["mlserver"].annotations },
    spec: { serverConfig: "mlserver", replicas: 1, podSpec: values["mlserver"].podSpec },
  });

  it.each(MODES)("in mode %s give the same pods as a Server of this chart", async (mode) => {
    const theirs = asSeldon(parse(await printed({ mode })));
    const ours = await serverOf({ mode });
    expect(theirs["spec"].podSpec).toEqual(ours["spec"].podSpec);
    expect(theirs["metadata"].annotations).toEqual(ours["metadata"].annotations);
    await expectStrict(JSON.stringify(theirs), ["mlops.seldon.io/v1alpha1/Server"]);
  });

  it("are all that is rendered, so that nothing is installed by mistake", async () => {
    const documents = await render({
      values: { print: "seldon-servers-values", server: { create: true }, dashboard: { enabled: true } },
    });
    expect(documents.map((document) => Object.keys(document))).toEqual([["mlserver"]]);
  });

  it("have one annotation, since that chart cannot take a second", async () => {
    const values = { print: "seldon-servers-values", server: { annotations: { team: "ml" } } };
    expect(await renderError({ values })).toContain("one annotation only");
  });

  it("go to the section of the ServerConfig that is named", async () => {
    const values = parse(await printed({ server: { serverConfig: "triton", container: "triton" } }));
    expect(Object.keys(values)).toEqual(["triton"]);
    expect(values.triton.podSpec.containers[0]).toEqual({ name: "triton" });
  });
});
