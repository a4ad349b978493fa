package inputstore

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/check"
)

const (
	modeCopy   = "copy"
	modeForced = "forced"
)

func resourceSchema(ctx context.Context) schema.Schema {
	return schema.Schema{
		MarkdownDescription: "One set of input blobs that lies in both regions of a pair. Blobs flow from the active region to the standby, existing ones included, " +
			"and none is ever deleted. A blob that is behind shows as a change in the plan; while either region does not answer nothing is proposed and the last known figures stay. " +
			"Destroying the store deletes nothing in Azure but an object replication policy that it made.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "The store's name.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"name": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Name of the store: 1 to 64 lowercase letters, digits and hyphens. The manifest is kept under it in the standby's container. " +
					"Changing it makes a new store, which looks at both sides anew and copies only what is missing.",
				Validators:    []validator.String{check.StoreName()},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"active_region": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Location of the active side, usually `active_region` of the pair. It is where blobs flow from.",
			},
			"primary":   sideAttribute("Where the blobs are in normal times."),
			"secondary": sideAttribute("Where they are copied to in normal times."),
			"prefix": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Only blobs whose name begins so belong to the store. By default all do.",
			},
			"include": globs("Globs (`*` within a segment, `**` across them, `?`, `[…]`, `{a,b}`); only blobs that match one belong to the store. By default all do."),
			"exclude": globs("Globs; blobs that match one do not belong to the store. It wins over `include`. By default none."),
			"mode": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(modeCopy),
				MarkdownDescription: "Who replicates. `copy` (default): this provider copies what is behind, at each apply. `object_replication`: Azure, all the time, by a policy that this provider keeps in both accounts " +
					"and takes down when the roles change; both need blob versioning, and the source the change feed, which are checked and never switched on. The standby's container is read-only meanwhile, and blobs that are deleted at the source are deleted there. " +
					"`geo_redundant`: both sides are one account with the redundancy RA-GRS or RA-GZRS, the secondary side being its replica in the region's own pair, which can only be read; no failover of the account is ever started. " +
					"See the guide on choosing a mode.",
				Validators: []validator.String{stringvalidator.OneOf(modeCopy, modeObjectReplication, modeGeoRedundant)},
			},
			"transfer": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(replication.TransferAuto),
				MarkdownDescription: "`server_side`: the standby's storage reads from the active one's, and no byte passes through the machine that runs this. " +
					"`stream`: every byte does, for storage that cannot reach the other. `auto` (default): server side, and by stream for the rest of the run, with a warning, when the standby cannot read the source. " +
					"A stream holds 4 MiB for each request. Either goes on from the blocks that an interrupted apply left.",
				Validators: []validator.String{stringvalidator.OneOf(replication.TransferAuto, replication.TransferServerSide, replication.TransferStream)},
			},
			"concurrency": schema.Int64Attribute{
				Optional: true, Computed: true, Default: int64default.StaticInt64(16),
				MarkdownDescription: "How many requests that carry data may be under way at a time, and so how many blobs, 1 to 256. Default 16. " +
					"How many are, adapts to the service: more as long as that makes it faster, fewer when it asks for less.",
				Validators: []validator.Int64{int64validator.Between(1, 256)},
			},
			"verify": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(replication.VerifyMD5),
				MarkdownDescription: "What makes two blobs the same: `md5` (default) their length and stored Content-MD5, `size` their length alone. " +
					"What was copied before is recognised by both sides' ETags as well. With `md5` a blob whose content is not what its hash says is not copied, " +
					"as far as one request or a stream carries it; streaming computes a missing hash, and a warning names blobs that carry none.",
				Validators: []validator.String{stringvalidator.OneOf(replication.VerifyMD5, replication.VerifySize)},
			},
			"on_conflict": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(replication.ConflictFail),
				MarkdownDescription: "What to do when the standby holds another blob than the one that was copied there: `fail` (default) copies everything else and then fails, naming up to twenty; `overwrite` replaces it.",
				Validators:          []validator.String{stringvalidator.OneOf(replication.ConflictFail, replication.ConflictOverwrite)},
			},
			"failback_replication": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Whether blobs flow back to the primary while the secondary is active. Default `false`: nothing flows back by itself. With `true` the plan shows how many blobs and bytes would.",
			},
			"failover": schema.SingleNestedAttribute{
				Optional: true,
				MarkdownDescription: "How a change of `active_region` is carried out. The pair's `failover` fits here as it is when its `max_data_loss` is meant for the blobs as well: " +
					"`failover = genomics_region_pair.lab.failover`. What the store has no use for is left out.",
				Attributes: map[string]schema.Attribute{
					"mode": schema.StringAttribute{
						Optional: true, Computed: true, Default: stringdefault.StaticString(modeForced),
						MarkdownDescription: "`forced` (default) swaps the roles and copies nothing: the region that is left is asked for nothing. " +
							"`planned` needs both regions: it copies to the new active region whatever that one lacks, again until a look finds nothing, and swaps the roles only then. An apply that ends before leaves them as they are.",
						Validators: []validator.String{stringvalidator.OneOf(modeForced, failover.ModePlanned)},
					},
					"max_data_loss": schema.StringAttribute{
						Optional: true,
						MarkdownDescription: "How much a forced failover may lose, by the last known figures, the region that is left being dark included: an age such as `24h` of what the new active region is known to hold completely, " +
							"or a size such as `50GiB` (of 1024) or `10GB` (of 1000) of the blobs that it lacks. More, or not known, is refused, unless `data_loss` is accepted. " +
							"By default any blob that is lacking refuses it as long as the region that is left answers, and nothing refuses it when its service or its storage does not.",
						Validators: []validator.String{check.DataLoss()},
					},
				},
			},
			"accept": schema.SetAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Names of guards to lift when the active region changes; each lifts only itself, by default none is lifted, and the plan warns of each that is. " +
					"`data_loss`: go although the new active region lacks blobs, or more than `max_data_loss` allows. " +
					"`stale_manifest`: go although the manifest that tells which copies are good there is missing, damaged, or older than the one that was last written. " +
					"Take a name out again after the failover: the next one is guarded by itself.",
				Validators: []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.OneOf(failover.AcceptDataLoss, failover.AcceptStaleManifest))},
			},
			"active":             roleAttribute("The active side. Known when planning, also across a failover. Give it to `input_store` of a submission."),
			"standby":            roleAttribute("The other side."),
			"blob_count":         number("Blobs of the store in the active region."),
			"total_bytes":        number("Their size together, in bytes."),
			"pending_blobs":      number("Blobs that the standby lacks or has an older version of, when last looked at, whoever replicates."),
			"pending_bytes":      number("Their size together, in bytes."),
			"in_sync":            schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the standby held every blob when last looked at: nothing pending, no conflict, and no blob of a type that cannot be copied."},
			"manifest_sha256":    text("SHA-256 of the manifest that the last replication kept beside the copies; it changes when the set of copies does. With `object_replication` it lies beside the container, which is read-only; null with `geo_redundant`."),
			"recovery_point":     text("The moment whose state of the active region the standby holds completely (RFC 3339, UTC); null if there is none yet. Where Azure replicates by a policy it is the last look that found nothing pending, and of a geo-redundant account its last sync time."),
			"last_replicated_at": text("When a replication last ended (RFC 3339, UTC); null if none did, and where Azure replicates."),
			"object_replication": schema.SingleNestedAttribute{
				Computed: true, MarkdownDescription: "The policy of `mode = \"object_replication\"`; null in other modes. It is a change in the plan when the policy is gone from one of the accounts, and when something was left over that can be taken down now.",
				Attributes: map[string]schema.Attribute{
					"policy_id":              text("ID of the policy, the same in both accounts; null while none is in force."),
					"rule_id":                text("ID of the store's rule in it."),
					"source_account_id":      text("Resource ID of the account that it leads from."),
					"destination_account_id": text("Resource ID of the account that it leads to."),
					"failed_blobs":           number("Blobs of which Azure says that they could not be replicated, when last looked at."),
					"backlog_operations": number("Operations that Azure Monitor says are pending, of all rules between the two accounts together, when last looked at. It is an estimate some minutes old; `pending_blobs` counts this store's blobs. " +
						"Null where Azure does not tell: the metric is a preview, and reading it needs `Microsoft.Insights/metrics/read` on the source account. Nothing depends on it."),
					"backlog_bytes": number("Their size together, in bytes, by Azure Monitor; null where it does not tell."),
					"backlog_at":    text("When Azure measured that (RFC 3339, UTC); null where it did not."),
					"left_over": schema.ListAttribute{ElementType: types.StringType, Computed: true,
						MarkdownDescription: "Resource IDs of policies that a failover could not take down, because a region or Resource Manager did not answer. The next apply that can does."},
				},
			},
		},
		Blocks: map[string]schema.Block{
			"timeouts": timeouts.Block(ctx, timeouts.Opts{Create: true, Read: true, Update: true,
				CreateDescription: "How long the first replication may take, as a duration. Default `24h`.",
				ReadDescription:   "How long refreshing may take, as a duration. Default `30m`.",
				UpdateDescription: "How long a later replication may take, as a duration. Default `24h`.",
			}),
		},
	}
}

func sideAttribute(description string) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Required: true, MarkdownDescription: description,
		Attributes: map[string]schema.Attribute{
			"location": schema.StringAttribute{
				Required: true, MarkdownDescription: "Azure region, such as `westus2`.", Validators: []validator.String{check.Location()},
			},
			"storage_account_id": schema.StringAttribute{
				Required: true, MarkdownDescription: "Resource ID of a storage account in this region.", Validators: []validator.String{check.StorageAccountID()},
			},
			"container_name": schema.StringAttribute{
				Required: true, MarkdownDescription: "Name of the container. It is created if it is missing and never deleted.", Validators: []validator.String{check.ContainerName()},
			},
		},
	}
}

func roleAttribute(description string) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Computed: true, MarkdownDescription: description,
		Attributes: map[string]schema.Attribute{
			"store_name":           text("Name of the store."),
			"prefix":               text("The store's `prefix`; null if none is set."),
			"location":             text("Azure region."),
			"storage_account_id":   text("Resource ID of the storage account."),
			"storage_account_name": text("Name of the storage account."),
			"container_name":       text("Name of the container."),
			"container_url":        text("URL of the container; null when it was found missing, which the next apply mends."),
		},
	}
}

func globs(description string) schema.ListAttribute {
	return schema.ListAttribute{
		ElementType: types.StringType, Optional: true, MarkdownDescription: description,
		Validators: []validator.List{listvalidator.SizeAtLeast(1), listvalidator.NoNullValues(), listvalidator.ValueStringsAre(check.Glob())},
	}
}

func number(description string) schema.Int64Attribute {
	return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
}

func text(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func identitySchema() identityschema.Schema {
	return identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"name": identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the store."},
	}}
}
