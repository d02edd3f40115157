import { PolicyPack } from "@pulumi/policy";
import { packArgs } from "../../shared/pack.ts";
import { cost } from "./pack.ts";

new PolicyPack(cost.name, packArgs(cost));
