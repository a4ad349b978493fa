package submission

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/check"
)

const referencesText = "`store://<blob>` stands for a blob of the input store, and `output://<name>` for a name in this run's own folder of the output container; " +
	"both become URLs of the region that it is sent to, in the form that `storage_access` says."

// endpointSchema is that of workflow submissions with what submissions to endpoints
// have instead of theirs.
func endpointSchema(ctx context.Context, k *kind, description string, own map[string]schema.Attribute) schema.Schema {
	s := resourceSchema(ctx)
	s.MarkdownDescription = description
	for _, name := range []string{"inputs", "process", "process_args", "options", "output", "description", "ignore_azure_region", "bases_processed", "workflow_id", "failure_code"} {
		delete(s.Attributes, name)
	}
	s.Attributes["id"] = text("ID of the " + k.noun + " that counts: the base URL of its server, `" + k.segment + "` and the server's own ID. It changes with each new one.")
	s.Attributes["name"] = named(s.Attributes["name"], k)
	region := regionAttribute()
	region.Attributes["account_id"] = schema.StringAttribute{Optional: true, MarkdownDescription: "Without meaning here."}
	region.Attributes["engine"] = schema.StringAttribute{Optional: true, MarkdownDescription: "What runs there: `" + k.engine + "`.", Validators: []validator.String{
		check.String("must be the engine of this resource", "The pair has another engine", func(name string) error {
			if name == k.engine {
				return nil
			}
			return fmt.Errorf("this resource submits to %s, and the sides of the pair are %s", k.engine, name)
		}),
	}}
	s.Attributes["region"] = region
	store := storeAttribute()
	store.Required, store.Optional = false, true
	store.MarkdownDescription = "Where `store://` is: `active` of a `genomics_replicated_input_store`. Every blob that is referred to is looked for there before anything is sent."
	s.Attributes["input_store"] = store
	s.Attributes["output"] = schema.SingleNestedAttribute{
		Optional: true, MarkdownDescription: "Where `output://` is.",
		Attributes: map[string]schema.Attribute{
			"basename": schema.StringAttribute{Required: true, Validators: []validator.String{validBasename()},
				MarkdownDescription: "What the names of the folders begin with that runs write to; each run has its own. Default: the submission's name."},
		},
	}
	s.Attributes["tags"] = tagsAttribute(k)
	s.Attributes["storage_access"] = accessAttribute()
	limit := func(what string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, Validators: []validator.String{check.Duration()}, MarkdownDescription: what +
			" Its status is `stalled` then: nothing waits for it any more, it is never taken up again, and it is cancelled as soon as another run counts. By default there is no limit."}
	}
	s.Attributes["stalled_after"] = limit("How long a " + k.noun + " may be running, as a duration such as `24h`: after a crash of their server some say for ever that they are.")
	s.Attributes["initializing_timeout"] = limit("How long a " + k.noun + " may be initializing, as a duration: without quota for a machine it may be so for ever.")
	s.Attributes[k.names["workflow_id"]] = text("ID that the server gave the " + k.noun + " that counts.")
	s.Attributes["status"] = text("What the server says of it: `queued`, `working`, `success`, `failed`, `cancelling` or `cancelled`; `stalled` by `stalled_after` or `initializing_timeout`; `unknown` for a word this provider does not know.")
	s.Attributes["message"] = text("What the server says of a failure; null if it says nothing.")
	s.Attributes["exit_code"] = number("Exit code of what failed by itself, 0 where the server does not tell it; null unless it failed, and null where its server failed it, so that it may succeed elsewhere.")
	s.Attributes["output_basename"] = text("Name of the folder that `output://` is: the base name, the region, and the number of the run there. Null while no run counts.")
	s.Attributes["output_url"] = text("URL of that folder, without a signature.")
	attempts := attemptsAttribute()
	nested := attempts.NestedObject.Attributes
	delete(nested, "account_id")
	nested["api_url"] = text("Base URL of its server.")
	for core, own := range k.names {
		nested[own] = nested[core]
		delete(nested, core)
	}
	nested[k.names["workflow_id"]] = text("Its ID there.")
	nested["exit_code"] = number("Its exit code, as `exit_code` says.")
	s.Attributes["attempts"] = attempts
	for name, attribute := range own {
		s.Attributes[name] = attribute
	}
	return s
}

func tagsAttribute(k *kind) schema.MapAttribute {
	return schema.MapAttribute{
		ElementType: types.StringType, Optional: true, MarkdownDescription: "Tags of the " + k.noun + ". Three more, whose names begin with `tfg`, carry the submission's key.",
		Validators: []validator.Map{mapvalidator.NoNullValues(), mapvalidator.KeysAre(check.String("must not begin with tfg", "Reserved tag", func(name string) error {
			if engine.ReservedTag(name) {
				return fmt.Errorf("tags named tfg, or tfg- and more, carry the submission's key")
			}
			return nil
		}))},
	}
}

func accessAttribute() schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true, Default: stringdefault.StaticString(accessSAS),
		MarkdownDescription: "How the server gets at the store and the output container: `sas` (default) by https URLs with a signature, `https` by the same URLs without one, " +
			"`path` by `/account/container/blob`, as servers on Azure know storage that they have access to themselves. A change takes effect with the next run.",
		Validators: []validator.String{stringvalidator.OneOf(accessSAS, accessHTTPS, accessPath)},
	}
}

func named(attribute schema.Attribute, k *kind) schema.Attribute {
	name, ok := attribute.(schema.StringAttribute)
	if ok {
		name.MarkdownDescription = fmt.Sprintf("Name of the submission, 1 to 128 characters, unique in its pair, and the %s's name. It is part of the submission's key; changing it makes another submission.", k.noun)
		return name
	}
	return attribute
}

func optionalText(description string, validators ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: validators}
}

func requiredText(description string, validators ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{Required: true, MarkdownDescription: description, Validators: validators}
}

func validReference() validator.String {
	return check.String("must refer to a blob or a name", "Invalid reference", checkReference)
}

func absolute() validator.String {
	return check.String("must be an absolute path", "Invalid path", func(path string) error {
		if len(path) > 1 && path[0] == '/' {
			return nil
		}
		return fmt.Errorf("%q is not an absolute path in the container", path)
	})
}

func textMap(description string) schema.MapAttribute {
	return schema.MapAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: description, Validators: []validator.Map{mapvalidator.NoNullValues()}}
}

func textList(description string) schema.ListAttribute {
	return schema.ListAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: description, Validators: []validator.List{listvalidator.NoNullValues()}}
}

func taskSchema(ctx context.Context) schema.Schema {
	own := taskAttributes()
	own["description"] = optionalText("Text that the server shows with the task. A change takes effect with the next run.")
	return endpointSchema(ctx, tasks, "One task of GA4GH's Task Execution Service (TES 1.1), wherever the active region is. Its arguments are the specification's. "+
		"It is submitted once: before each submission the server is asked for a task with the same key, and a submission whose answer was lost is looked up, never sent again blindly. "+
		"When the active region changes, an unfinished task is submitted there, in place; the one that is left is superseded, and cancelled as soon as its region answers. "+
		"A change to what is asked for, or to `triggers`, supersedes the task and starts another.", own)
}

// taskAttributes are what makes a task this one and no other.
func taskAttributes() map[string]schema.Attribute {
	fileType := func() schema.StringAttribute {
		return optionalText("`FILE` (the server's default) or `DIRECTORY`.", stringvalidator.OneOf("FILE", "DIRECTORY"))
	}
	flag := func(description string) schema.BoolAttribute {
		return schema.BoolAttribute{Optional: true, MarkdownDescription: description}
	}
	size := func(description string) schema.Float64Attribute {
		return schema.Float64Attribute{Optional: true, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"executors": schema.ListNestedAttribute{
			Required: true, MarkdownDescription: "Commands, each in a container image, run one after another.", Validators: []validator.List{listvalidator.SizeAtLeast(1)},
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"image": requiredText("Container image."),
				"command": schema.ListAttribute{ElementType: types.StringType, Required: true, MarkdownDescription: "Program and arguments.",
					Validators: []validator.List{listvalidator.SizeAtLeast(1), listvalidator.NoNullValues()}},
				"workdir":      optionalText("Working directory in the container."),
				"stdin":        optionalText("File in the container that standard input comes from.", absolute()),
				"stdout":       optionalText("File in the container that standard output goes to.", absolute()),
				"stderr":       optionalText("File in the container that standard error goes to.", absolute()),
				"env":          textMap("Environment variables."),
				"ignore_error": flag("Whether the next executor runs although this one failed (TES 1.1)."),
			}},
		},
		"inputs": schema.ListNestedAttribute{
			Optional: true, MarkdownDescription: "Files that are there before the first executor runs.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"name":        optionalText("Name of the input."),
				"description": optionalText("Text for people."),
				"url":         optionalText("Where it comes from. "+referencesText, validReference()),
				"path":        requiredText("Path in the container.", absolute()),
				"type":        fileType(),
				"content":     optionalText("What the file contains, instead of a `url`."),
				"streamable":  flag("Whether the server may stream it rather than copy it (TES 1.1)."),
			}},
		},
		"outputs": schema.ListNestedAttribute{
			Optional: true, MarkdownDescription: "Files that are kept after the last executor has ended.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"name":        optionalText("Name of the output."),
				"description": optionalText("Text for people."),
				"url":         requiredText("Where it goes to; best `output://<name>`, which no two runs share. "+referencesText, validReference()),
				"path":        requiredText("Path in the container.", absolute()),
				"path_prefix": optionalText("What is taken off the front of paths that a wildcard matches (TES 1.1)."),
				"type":        fileType(),
			}},
		},
		"resources": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "What the task asks for. What is left out is left to the server.",
			Attributes: map[string]schema.Attribute{
				"cpu_cores":                 schema.Int64Attribute{Optional: true, MarkdownDescription: "Number of cores."},
				"preemptible":               flag("Whether the task may run where it can be interrupted."),
				"ram_gb":                    size("Memory in gigabytes."),
				"disk_gb":                   size("Disk in gigabytes."),
				"zones":                     textList("Zones that the task may run in."),
				"backend_parameters":        textMap("Settings of the server's backend (TES 1.1)."),
				"backend_parameters_strict": flag("Whether the server refuses settings that it does not know (TES 1.1)."),
			},
		},
		"volumes": textList("Folders in the container that executors share besides those of inputs and outputs."),
	}
}

func runSchema(ctx context.Context) schema.Schema {
	return endpointSchema(ctx, runs, "One run of a workflow on GA4GH's Workflow Execution Service (WES 1.0 or 1.1), wherever the active region is. Its arguments are the specification's. "+
		"It is submitted once: before each submission the server's runs are searched for one with the same key, and a submission whose answer was lost is looked up, never sent again blindly. "+
		"When the active region changes, an unfinished run is submitted there, in place; the one that is left is superseded, and cancelled as soon as its region answers. "+
		"A change to what is asked for, or to `triggers`, supersedes the run and starts another.", runAttributes())
}

// runAttributes are what makes a run this one and no other.
func runAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"workflow_type":         requiredText("Language of the workflow, such as `CWL`, `WDL` or `NFL`."),
		"workflow_type_version": requiredText("Version of the language, such as `v1.2`."),
		"workflow_url":          requiredText("Where the workflow is, or the name of one of the attachments. "+referencesText, validReference()),
		"workflow_attachments":  textMap("Files that travel with the run, name to content, such as `{ \"count.cwl\" = file(\"count.cwl\") }`."),
		"workflow_params": optionalText("Parameters of the workflow: a JSON object, best written with `jsonencode`. Each text in it may be a reference. "+referencesText,
			check.String("must be a JSON object", "Invalid workflow parameters", checkParams)),
		"workflow_engine_parameters": textMap("Settings of the workflow engine."),
	}
}

func checkParams(params string) error {
	if len(params) == 0 || params[0] != '{' {
		return fmt.Errorf("they are not a JSON object; write them with jsonencode")
	}
	within, err := jsonTexts([]byte(params))
	if err != nil {
		return err
	}
	for _, text := range within {
		if err := checkReference(text); err != nil {
			return err
		}
	}
	return nil
}

func endpointIdentity(k *kind) identityschema.Schema {
	return identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"location":             identityschema.StringAttribute{RequiredForImport: true, Description: "Region of the server."},
		"url":                  identityschema.StringAttribute{RequiredForImport: true, Description: "Base URL of the server."},
		k.names["workflow_id"]: identityschema.StringAttribute{RequiredForImport: true, Description: "ID of the " + k.noun + " there."},
	}}
}
