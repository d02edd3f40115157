import { PolicyPack } from "@pulumi/policy";
import { packArgs } from "../../shared/pack.ts";
import { availability } from "./pack.ts";

new PolicyPack(availability.name, packArgs(availability));
