// The peer of `stslab evaluate`: the same lines, answered by iam-simulate.
//
// node simulate.mjs FILE          one answer a line, as `stslab evaluate FILE`
// node simulate.mjs FILE SECONDS  evaluate the file's requests over and over in memory, without
//                                 validation, for so long; prints evaluations a second
import { runSimulation, runUnsafeSimulation } from "@cloud-copilot/iam-simulate";
import { readFileSync } from "node:fs";

const ALLOW_ALL = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
};

const named = (documents) =>
  (documents ?? []).map((policy, index) => ({ name: `policy${index}`, policy }));

function simulation(line) {
  return {
    request: {
      principal: line.principal,
      action: line.action,
      resource: { resource: line.resource, accountId: line.resource_account },
      contextVariables: line.context ?? {},
    },
    identityPolicies: named(line.identity_policies),
    resourcePolicy: line.resource_policy,
    permissionBoundaryPolicies: line.permissions_boundary
      ? named([line.permissions_boundary])
      : undefined,
    serviceControlPolicies: [
      { orgIdentifier: "root", policies: named([ALLOW_ALL]) },
    ],
    resourceControlPolicies: [],
  };
}

const [file, seconds] = process.argv.slice(2);
const lines = readFileSync(file, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));

if (seconds === undefined) {
  const answers = [];
  for (const line of lines) {
    const result = await runSimulation(simulation(line), {});
    const decision = result.resultType === "error" ? result.errors : result.overallResult;
    answers.push(JSON.stringify({ id: line.id, decision }));
  }
  console.log(answers.join("\n"));
} else {
  const simulations = lines.map(simulation);
  let done = 0;
  const began = performance.now();
  while (performance.now() - began < Number(seconds) * 1000) {
    for (const each of simulations) runUnsafeSimulation(each, {});
    done += simulations.length;
  }
  console.log((done * 1000) / (performance.now() - began));
}
