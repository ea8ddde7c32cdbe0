"""How the stand-in centre words businesses and refuses them: code, status, reason, next step."""

from __future__ import annotations

from kiosk.centre.models import CentreWords
from kiosk.operation import Business

TITLES = {
    Business.RETIREMENT_WITHDRAWAL: CentreWords(zh="离退休提取", en="Withdrawal on retirement"),
    Business.REPAY_LOAN_WITHDRAWAL: CentreWords(
        zh="偿还公积金贷款提取", en="Withdrawal to repay the fund loan"
    ),
    Business.REPAY_MORTGAGE_WITHDRAWAL: CentreWords(
        zh="偿还商业贷款提取", en="Withdrawal to repay a bank mortgage"
    ),
    Business.RENT_WITHDRAWAL: CentreWords(zh="租房提取", en="Withdrawal for rent"),
    Business.STANDING_WITHDRAWAL: CentreWords(zh="约定提取", en="Monthly withdrawal"),
    Business.PREPAYMENT: CentreWords(zh="提前部分还款", en="Early repayment"),
    Business.SETTLEMENT: CentreWords(zh="提前结清", en="Settlement of the loan"),
    Business.MONTHLY_OFFSET: CentreWords(zh="委托按月还贷", en="Monthly repayment agreement"),
    Business.SMS_SIGNING: CentreWords(zh="短信签约", en="Sign-up for messages"),
    Business.CARD_SIGNING: CentreWords(zh="银行卡签约", en="Sign-up of the bank card"),
    Business.LEAVING_WITHDRAWAL: CentreWords(zh="离职提取", en="Withdrawal after leaving a job"),
    Business.UNIT_BACK_PAYMENT: CentreWords(zh="单位补缴", en="Back payment of an employer"),
    Business.UNIT_REMITTANCE: CentreWords(zh="单位汇缴", en="Monthly payment of an employer"),
    Business.UNIT_ENROLMENT: CentreWords(zh="职工开户", en="Account for a new employee"),
    Business.UNIT_SEALING: CentreWords(zh="职工封存", en="Sealing of employees' accounts"),
    Business.UNIT_UNSEALING: CentreWords(zh="职工启封", en="Unsealing of employees' accounts"),
    Business.UNIT_BASE_CHANGE: CentreWords(zh="缴存基数调整", en="New contribution bases"),
    Business.UNIT_RATIO_CHANGE: CentreWords(zh="缴存比例调整", en="New contribution ratios"),
    Business.UNIT_DATA_CHANGE: CentreWords(zh="单位信息变更", en="Change of the employer's data"),
    Business.UNIT_OPENING: CentreWords(zh="单位开户", en="Account for a company"),
    Business.PASSWORD_CHANGE: CentreWords(zh="查询密码变更", en="Change of query password"),
    Business.PAYEE_CARD_CHANGE: CentreWords(zh="收款银行卡变更", en="Change of bank card"),
    Business.PHONE_CHANGE: CentreWords(zh="手机号变更", en="Change of phone number"),
    Business.PERSONAL_DATA_CHANGE: CentreWords(zh="个人信息变更", en="Change of personal data"),
    Business.TRANSFER_IN: CentreWords(zh="异地转入", en="Transfer from another centre"),
    Business.CROSS_PROVINCE: CentreWords(zh="跨省通办", en="Service in another province"),
    Business.ACCOUNT_MERGE: CentreWords(zh="账户合并", en="Merging of accounts"),
}
"""The name of each business that the stand-in carries out."""

Words = tuple[str, str]
_COUNTER: Words = (
    "情况和这里写的不一样？带身份证到任一管理部窗口，或拨打12329。",
    "Is it otherwise than it says here? Bring your ID card to a branch counter or call 12329.",
)
_LATER: Words = ("到时请再来办理。", "Please come back then.")

REFUSALS: dict[str, tuple[int, Words, Words]] = {
    # -- the course of an operation
    "in-flight": (
        409,
        ("您有一笔在途业务，请先看结果。", "One of your operations is still under way."),
        ("请先查看或取消那一笔。", "Please look at it or cancel it first."),
    ),
    "untold": (
        409,
        ("上一笔业务已有结果，请先看结果。", "The last operation has ended: see its result first."),
        ("请先查看上一笔的结果。", "Please look at that result first."),
    ),
    "not-confirmed": (
        409,
        ("这笔业务还没有确认。", "This operation has not been confirmed."),
        ("请先确认，或重新办理。", "Please confirm it, or start again."),
    ),
    "not-drafted": (
        409,
        ("这笔业务已经不能再确认。", "This operation can no longer be confirmed."),
        ("请查看它的结果。", "Please look at its result."),
    ),
    "not-ended": (
        409,
        ("这笔业务还没有结果。", "This operation has no result yet."),
        ("请稍后再看。", "Please look again later."),
    ),
    "not-awaiting-consent": (
        409,
        ("这笔业务不用等配偶同意。", "This operation waits for nobody's consent."),
        ("请在“我的办件”里看它的进度。", "Please see how far it is under My requests."),
    ),
    "no-spouse": (
        409,
        ("没有查到可以一起办的配偶。", "No spouse of yours can take part in this."),
        ("请返回，只办您自己的。", "Please go back, and take your own account only."),
    ),
    "consent-declined": (
        409,
        ("您的配偶没有同意。", "Your spouse has not agreed."),
        ("商量好了可以重新办，或一起到柜台办理。", "Start again once you agree, or come together."),
    ),
    "other-terminal": (
        403,
        ("这笔业务不是在本机办理的。", "This operation belongs to another terminal."),
        _COUNTER,
    ),
    "quote-differs": (
        409,
        ("确认的内容与中心的记录不一致。", "What was confirmed differs from the centre's record."),
        ("什么都没有变。请重新核对后再确认。", "Nothing has changed. Please check and confirm."),
    ),
    "quote-outdated": (
        409,
        (
            "确认以后情况变了，与您核对的不一样。",
            "Things have changed since you confirmed: it would not be what you have seen.",
        ),
        ("钱没有动。请重新办理，再核对一次。", "No money has moved. Please start again and check."),
    ),
    "evidence-missing": (
        403,
        ("还缺少确认所需的核验。", "A proof that this operation needs is missing."),
        ("请按页面提示完成核验。", "Please follow the page."),
    ),
    "clerk-needed": (
        409,
        ("这项业务要网点工作人员授权", "Staff of the branch must approve this"),
        ("请到网点办理", "Please go to a branch"),
    ),
    "clerk-unknown": (
        409,
        ("授权的工作人员已不在名单里", "Whoever approved this is no longer on the staff list"),
        ("请换一位工作人员授权，再办一次", "Ask another member of staff, and try again"),
    ),
    "clerk-own": (
        409,
        ("授权的工作人员就是办理人本人", "Whoever approved this is the applicant"),
        ("请换一位工作人员授权，再办一次", "Ask another member of staff, and try again"),
    ),
    "evidence-refused": (
        403,
        ("核验没有通过。", "The proof was not accepted."),
        ("请换一种方式核验，或到管理部窗口。", "Please use another way, or go to a counter."),
    ),
    "operation-locked": (
        403,
        (
            "验证码连续输错三次，这笔业务已取消，什么都没有变。",
            "Three wrong codes: this operation is cancelled, and nothing has changed.",
        ),
        ("请核对手机号后重新办理。", "Please check the phone number and start again."),
    ),
    "business-not-offered": (
        409,
        ("这项业务不能在自助终端办理。", "This business is not offered at terminals."),
        _COUNTER,
    ),
    "trial-not-offered": (
        409,
        ("这项业务没有试算。", "There is no trial for this business."),
        ("可以直接办理。", "You can go on without."),
    ),
    "terminal-unknown": (
        403,
        ("终端证书与终端编号不符。", "The terminal's certificate names another terminal."),
        _COUNTER,
    ),
    # -- amounts
    "amount-above": (
        409,
        ("最多可以{most}元。", "At most {most} yuan."),
        ("请改小金额。", "Please enter a smaller amount."),
    ),
    "amount-below": (
        409,
        ("最少{least}元。", "At least {least} yuan."),
        ("请改大金额。", "Please enter a larger amount."),
    ),
    "amount-missing": (
        422,
        ("没有金额。", "There is no amount."),
        ("请输入金额。", "Please enter an amount."),
    ),
    "amount-not-asked": (
        422,
        ("这项业务的金额由中心计算。", "The centre computes the amount of this business."),
        ("请重新开始。", "Please start again."),
    ),
    "nothing-to-withdraw": (
        409,
        ("现在没有可以提取的金额。", "There is nothing that can be withdrawn now."),
        _COUNTER,
    ),
    # -- 稽核
    "risk-person": (
        429,
        (
            "您的业务近一小时内验证码多次不对，为保护您的账户暂停办理。",
            "Several of your operations were locked within an hour; to protect your account, "
            "nothing more can be started now.",
        ),
        (
            "请一小时后再来，或带身份证到管理部窗口。",
            "Please come back in an hour, or go to a branch.",
        ),
    ),
    "risk-terminal": (
        429,
        (
            "本机近一小时内验证码多次不对，暂停办理资金业务。",
            "Too many wrong codes at this terminal; it takes no operations for now.",
        ),
        ("请换一台终端，或到管理部窗口办理。", "Please use another terminal, or go to a counter."),
    ),
    "risk-often": (
        409,
        (
            "这项业务您在24小时内已经办了{limit}次，为保护您的账户暂停办理。",
            "You have done this {limit} times within 24 hours; to protect your account, it cannot "
            "be started once more.",
        ),
        (
            "请明天再来；急需办理请带身份证到任一管理部窗口。",
            "Please come back tomorrow, or bring your ID card to any branch counter.",
        ),
    ),
    "risk-card": (
        409,
        (
            "收款银行卡在{days}天内变更过{limit}次，为保护您的资金，终端暂停办理提取。",
            "Your bank card was changed {limit} times within {days} days; to protect your money, "
            "nothing can be withdrawn at a terminal.",
        ),
        (
            "请带身份证和银行卡到任一管理部窗口核实后办理；不是您本人变更的，请马上拨打12329。",
            "Please bring your ID card and bank card to any branch counter. If it was not you who "
            "changed it, call 12329 at once.",
        ),
    ),
    "risk-payee": (
        409,
        (
            "多人的提取都付到了这张银行卡，需要核实后才能办理。",
            "Withdrawals of several people went to this bank card; it has to be checked first.",
        ),
        (
            "请带身份证和银行卡到任一管理部窗口核实后办理。",
            "Please bring your ID card and bank card to any branch counter.",
        ),
    ),
    # -- before any reason is looked at
    "text-outdated": (
        409,
        ("授权书已有新版本。", "There is a newer version of this text."),
        ("请重新阅读后再同意。", "Please read it again."),
    ),
    "authorisation-needed": (
        403,
        (
            "还没有授权中心向其他部门核查，本机不能判断能不能办。",
            "You have not allowed the look-ups, so this terminal cannot tell.",
        ),
        (
            "可以同意授权后再看，或带材料到任一管理部窗口办理。",
            "Agree to the look-ups, or bring your papers to any branch counter.",
        ),
    ),
    "sms-signing-needed": (
        409,
        ("您还没有短信签约。", "You have not signed up for messages yet."),
        ("请先办理短信签约，马上就能办。", "Please sign up for messages first; it is quick."),
    ),
    "card-signing-needed": (
        409,
        ("您还没有银行卡签约。", "You have not signed up a bank card yet."),
        ("请先办理银行卡签约。", "Please sign up a bank card first."),
    ),
    # -- the account
    "withdrawal-frozen": (
        409,
        (
            "账户处于冻结状态（{since}起），不能办理提取。",
            "The account has been frozen since {since}; nothing can be withdrawn.",
        ),
        (
            "请向作出冻结的法院了解，或拨打12329。",
            "Please ask the court that ordered it, or call 12329.",
        ),
    ),
    "account-not-eligible": (
        409,
        ("该账户当前状态不能申请提取。", "The account cannot be withdrawn from in its state."),
        _COUNTER,
    ),
    "no-open-account": (
        409,
        ("没有可以提取的账户。", "There is no account to withdraw from."),
        _COUNTER,
    ),
    "not-yet": (
        409,
        ("还未到下次提取日期，{day}起可以再提。", "Next possible from {day} on."),
        _LATER,
    ),
    # -- 离退休
    "not-retired": (
        409,
        (
            "没有查到您的退休信息；按现行规定，您的法定退休时间是{month}。",
            "No record of your retirement was found; your statutory retirement is in {month}.",
        ),
        (
            "已经退休的，请带退休证到任一管理部窗口。",
            "If you have retired, bring the certificate to a branch counter.",
        ),
    ),
    "seal-first": (
        409,
        (
            "账户还在正常缴存，单位办理封存后才能提取。",
            "The account is still being paid into; your employer has to seal it first.",
        ),
        ("请联系单位经办人办理封存。", "Please ask your employer to seal the account."),
    ),
    "loan-open": (
        409,
        (
            "您有未结清的公积金贷款，不能销户提取。",
            "You have an open fund loan, so the account cannot be closed.",
        ),
        (
            "请先结清贷款，或到管理部窗口咨询。",
            "Please settle the loan first.",
        ),
    ),
    # -- 提前还款
    "too-near-due": (
        409,
        ("离还款日太近，{day}起可以办。", "Too near to the day of repayment: from {day} on."),
        _LATER,
    ),
    "prepaid-this-month": (
        409,
        ("一个月只能提前还款一次，{day}起可以再办。", "Once a month only: again from {day} on."),
        _LATER,
    ),
    "too-few-paid": (
        409,
        (
            "还满{needed}期才能提前还款，您已还{months}期。",
            "{needed} instalments must be paid first; you have paid {months}.",
        ),
        _LATER,
    ),
    "last-term": (
        409,
        ("剩下的不多，请办理提前结清。", "There is little left: please settle the loan."),
        ("可以办理提前结清。", "You can settle the loan."),
    ),
    "way-not-offered": (
        409,
        ("现在不能这样办。", "This cannot be had this way now."),
        ("请返回重新选择。", "Please go back and choose again."),
    ),
    "already-signed": (
        409,
        ("您已经签约。", "You have signed up already."),
        ("不用再签。", "There is nothing to do."),
    ),
    # -- 偿还公积金贷款, 偿还商业贷款
    "no-loan": (
        409,
        ("没有查到您的公积金贷款。", "No fund loan of yours was found."),
        _COUNTER,
    ),
    "loan-settled": (
        409,
        ("您的贷款已经结清。", "Your loan is settled."),
        _COUNTER,
    ),
    "loan-overdue": (
        409,
        ("贷款有逾期{due}元，还清后才能办理。", "The loan is {due} yuan overdue: pay that first."),
        ("请先还清逾期。", "Please pay what is overdue first."),
    ),
    "loan-not-yet-repaid": (
        409,
        ("近12个月没有还款记录。", "Nothing was repaid in the last twelve months."),
        _LATER,
    ),
    "offset-signed": (
        409,
        (
            "您已签约按月还贷，签约期间不能办理还贷提取。",
            "Your loan is repaid from the account every month; while it is, nothing can be "
            "withdrawn for it.",
        ),
        ("可以先解约。", "You may end that agreement first."),
    ),
    "no-mortgage": (
        409,
        ("没有查到您的商业住房贷款。", "No bank mortgage of yours was found."),
        (
            "贷款银行没有联网的，请带借款合同和还款明细到窗口。",
            "If your bank is not connected, bring contract and statement to a counter.",
        ),
    ),
    "mortgage-overdue": (
        409,
        ("商业贷款有逾期，还清后才能办理。", "The bank mortgage is overdue: pay that first."),
        ("请先向贷款银行还清逾期。", "Please pay your bank first."),
    ),
    # -- 租房
    "rent-with-loan": (
        409,
        (
            "您名下有公积金贷款，不能同时办理租房提取。",
            "You have a fund loan, so nothing can be withdrawn for rent.",
        ),
        _COUNTER,
    ),
    "owns-home": (
        409,
        (
            "您名下有住房，不能办理租房提取。",
            "You own a home: nothing can be had for rent.",
        ),
        _COUNTER,
    ),
    "too-few-months": (
        409,
        (
            "连续缴存满{needed}个月才能办理，您目前是{months}个月。",
            "{needed} months of payments in a row are needed; you have {months}.",
        ),
        _LATER,
    ),
    "standing-set": (
        409,
        (
            "您已约定每月提取租房，不能再单独提取。",
            "You have agreed on monthly payments for rent, so nothing else can be had for it.",
        ),
        ("可以先变更或取消约定提取。", "You may change or end them first."),
    ),
    "year-used-up": (
        409,
        ("本年度租房提取额度已用完。", "This year's limit for rent is used up."),
        ("明年1月1日起可以再提。", "You can withdraw again from 1 January."),
    ),
    # -- 账户合并
    "merge-one-account": (
        409,
        ("您在本中心只有一个账户，不用合并。", "You have one account here: nothing to merge."),
        (
            "在外地还有账户的，可以办理异地转入。",
            "If you have an account at another centre, have that transferred here.",
        ),
    ),
    "merge-in-use": (
        409,
        (
            "您有不止一个账户在正常缴存，封存后才能合并。",
            "More than one of your accounts is paid into; all but one have to be sealed first.",
        ),
        ("请联系原单位的经办人办理封存。", "Please ask your former employer to seal it."),
    ),
    "merge-frozen": (
        409,
        (
            "您有账户处于冻结状态（{since}起），不能合并。",
            "One of your accounts has been frozen since {since}; nothing can be merged.",
        ),
        (
            "请向作出冻结的法院了解，或拨打12329。",
            "Please ask the court that ordered it, or call 12329.",
        ),
    ),
    # -- 异地转入
    "transfer-no-account": (
        409,
        ("您在本中心没有可以转入的账户。", "You have no account here to which it could be paid."),
        ("请先由单位开户，缴存满半年再转。", "Have one opened first; come back in half a year."),
    ),
    "transfer-frozen": (
        409,
        (
            "您这里的账户处于冻结状态（{since}起），不能转入。",
            "Your account here has been frozen since {since}; nothing can be transferred to it.",
        ),
        (
            "请向作出冻结的法院了解，或拨打12329。",
            "Please ask the court that ordered it, or call 12329.",
        ),
    ),
    "transfer-under-way": (
        409,
        (
            "您有一笔异地转入正在办理（受理编号{number}）。",
            "A transfer of yours is under way already (number {number}).",
        ),
        (
            "请在“办理进度”里看它到了哪一步。",
            "Please see how far it is under Progress.",
        ),
    ),
    "transfer-none-there": (
        409,
        ("{zh}没有查到您的账户。", "{en} has found no account of yours."),
        ("请选原来缴存的中心。", "Please choose the centre where you had it."),
    ),
    "transfer-frozen-there": (
        409,
        ("您在那边的账户处于冻结状态，不能转出。", "Your account there is frozen."),
        ("请向那边的中心了解，或选别的中心。", "Please ask that centre, or choose another one."),
    ),
    "transfer-in-use-there": (
        409,
        (
            "您在那边的账户还在正常缴存，封存后才能转出。",
            "Your account there is still being paid into; it has to be sealed first.",
        ),
        (
            "请联系原单位的经办人办理封存，或选别的中心。",
            "Please ask your former employer to seal it, or choose another centre.",
        ),
    ),
    "transfer-loan-there": (
        409,
        (
            "您在那边有未结清的公积金贷款，还清后才能转出。",
            "You have an open fund loan there, which has to be settled first.",
        ),
        ("请先结清那边的贷款，或选别的中心。", "Please settle it, or choose another centre."),
    ),
    # -- 跨省通办
    "cross-none-there": (
        409,
        ("{zh}没有查到您的账户。", "{en} has found no account of yours."),
        ("请选您有账户的中心。", "Please choose a centre where you have one."),
    ),
    "cross-frozen-there": (
        409,
        ("您在那边的账户处于冻结状态，不能提取。", "Your account there is frozen."),
        ("请向那边的中心了解。", "Please ask that centre."),
    ),
    "cross-no-loan-there": (
        409,
        ("{zh}没有查到您的贷款。", "{en} has found no loan of yours."),
        ("请选贷款所在地的中心，或选别的业务。", "Please choose the centre of your loan."),
    ),
    "cross-under-way": (
        409,
        (
            "您已向那边申请过这一项（受理编号{number}）。",
            "You have applied for this there already (number {number}).",
        ),
        ("请在“办理进度”里看它的结果。", "Please see how far it is under Progress."),
    ),
    # -- 单位
    "not-agent": (
        403,
        ("您不是单位的经办人。", "You are not the agent of an employer."),
        ("请单位到管理部窗口登记经办人。", "Please have the employer register its agent."),
    ),
    "nothing-owed": (
        409,
        ("单位没有欠缴的月份。", "The employer owes nothing for the months before this one."),
        ("不用补缴。", "There is nothing to pay."),
    ),
    "unit-owes-first": (
        409,
        (
            "单位欠缴{months}个月，共{amount}元，补缴以后才能办。",
            "The employer owes {months} months, {amount} yuan in all: pay them back first.",
        ),
        ("可以现在办理补缴。", "You can pay them back now."),
    ),
    "unit-under-way": (
        409,
        (
            "这个单位有一笔业务正在办理，办完以前不能办这一项。",
            "Another operation of this employer is under way; this has to wait for its end.",
        ),
        ("请等它有了结果再办。", "Please wait for its result."),
    ),
    "month-paid": (
        409,
        ("{month}已经缴清，不用再缴。", "This month is paid already."),
        ("下个月再来办理。", "Please come back next month."),
    ),
    "month-not-payable": (
        409,
        ("只能汇缴当月。", "Only the present month can be paid."),
        ("以前的月份请办理补缴。", "For months before, choose the back payment."),
    ),
    "employee-frozen": (
        409,
        ("账户已被冻结，不能封存。", "The account is frozen; it cannot be sealed."),
        _COUNTER,
    ),
    "employee-sealed": (
        409,
        ("账户已经封存。", "The account is sealed already."),
        ("不用再封存。", "There is nothing to do."),
    ),
    "seal-unpaid": (
        409,
        ("要先缴到{month}才能封存。", "It has to be paid up to {en} first."),
        ("请先补缴、汇缴，再办理封存。", "Please pay the months first, then seal the account."),
    ),
    "employee-in-use": (
        409,
        ("账户正在缴存，不用启封。", "The account is being paid into."),
        ("不用启封。", "There is nothing to do."),
    ),
    "employee-elsewhere": (
        409,
        (
            "职工在别的单位正在缴存，不能在这里启封。",
            "Another employer pays for this person; the account cannot be unsealed here.",
        ),
        (
            "请原单位先封存，再到柜台办理转移。",
            "Have it sealed there first, then have the account moved at a counter.",
        ),
    ),
    "employee-unknown": (
        409,
        ("公安人口库里没有查到这张证件。", "The police register does not know this document."),
        ("请核对证件，或到柜台办理。", "Please check the document, or go to a counter."),
    ),
    "employee-has-account": (
        409,
        (
            "这位职工已经有住房公积金账户，不能再开户。",
            "This person has an account already; no second one is opened.",
        ),
        (
            "在本单位封存的请办理启封，在别的单位的请办理转移。",
            "Unseal it if it is sealed here; if it is elsewhere, have it moved.",
        ),
    ),
    "base-outside": (
        409,
        ("缴存基数要在{least}元到{most}元之间。", "A base lies between {least} and {most} yuan."),
        ("请改一下基数。", "Please enter another base."),
    ),
    "base-same": (
        409,
        ("和现在的基数一样。", "These are the bases of now."),
        ("不用调整。", "There is nothing to change."),
    ),
    "ratio-outside": (
        409,
        ("缴存比例要在{least}到{most}之间。", "A ratio lies between {least} and {most}."),
        ("请改一下比例。", "Please enter another ratio."),
    ),
    "ratio-same": (
        409,
        ("和现在的比例一样。", "These are the ratios of now."),
        ("不用调整。", "There is nothing to change."),
    ),
    "ratio-not-yet": (
        409,
        ("比例一年只能调整一次，{day}起可以再调。", "Once in twelve months: again from {day} on."),
        _LATER,
    ),
    "as-in-register": (
        409,
        ("与市场监管部门登记的一致，不用改。", "It is as in the market register."),
        (
            "登记的不对，请先到市场监管部门变更。",
            "If the register is wrong, please have it changed there first.",
        ),
    ),
    "no-company": (
        409,
        (
            "没有查到您是哪个单位登记的联络员。",
            "The market register names you as the agent of no company.",
        ),
        (
            "请单位先在市场监管部门登记联络员，或带营业执照到柜台。",
            "Have the company register its agent first, or bring its licence to a counter.",
        ),
    ),
    "company-has-account": (
        409,
        ("这个单位已经开户。", "This company has an account already."),
        ("请在首页选这个单位办理。", "Please choose it on the first page."),
    ),
    "company-revoked": (
        409,
        ("这个单位的营业执照已被吊销。", "The licence of this company has been revoked."),
        _COUNTER,
    ),
    "unit-owes": (
        409,
        (
            "单位欠缴{months}个月，共{amount}元，不能出无欠缴证明。",
            "The employer owes {months} months, {amount} yuan in all: it owes something.",
        ),
        (
            "可以先办理补缴，或打印单位缴存证明。",
            "Pay the months back first, or print the certificate of contributions.",
        ),
    ),
    # -- 变更
    "cooling-down": (
        409,
        (
            "您刚变更过{zh}，为了您的资金安全，24小时内不能办理，还有约{hours}小时。",
            "Your {en} was changed within the last 24 hours; to keep your money safe this has "
            "to wait another {hours} h or so.",
        ),
        (
            "到时再来办理。不是您本人变更的，请马上拨打12329。",
            "Please come back then. If it was not you who changed it, call 12329 at once.",
        ),
    ),
    "evidence-closed": (
        409,
        (
            "手机确认和刷脸现在都暂停，这项业务不能在终端办理。",
            "Neither a phone nor a face can confirm this at a terminal now.",
        ),
        (
            "请稍后再来，或带身份证到柜台。",
            "Please come later, or go to a counter.",
        ),
    ),
    "withdrawal-under-way": (
        409,
        ("您有一笔提取正在办理。", "A withdrawal of yours is under way."),
        ("请等它有了结果再来办。", "Please wait for its result, then come back."),
    ),
    "payee-bank-unknown": (
        409,
        ("这张卡不是能收款的银联卡。", "This is no UnionPay card that money can be paid to."),
        ("请核对卡号，或换一张卡。", "Please check the number, or take another card."),
    ),
    "payee-credit-card": (
        409,
        ("信用卡不能收款。", "Money cannot be paid to a credit card."),
        ("请换一张本人的借记卡。", "Please take a debit card of your own."),
    ),
    "payee-other-holder": (
        409,
        ("这张卡的户名不是您本人。", "This card is not in your name."),
        ("请换一张本人的借记卡。", "Please take a debit card of your own."),
    ),
    "payee-card-abnormal": (
        409,
        ("银行查不到这张卡，或卡状态异常。", "The bank does not know this card, or it is blocked."),
        ("请核对卡号，或向发卡银行了解。", "Please check the number, or ask your bank."),
    ),
    "payee-same-card": (
        409,
        ("这就是现在的收款银行卡。", "This is the card on file already."),
        ("不用变更，或换一张卡。", "There is nothing to change; or take another card."),
    ),
    "phone-invalid": (
        409,
        ("这不是手机号。", "This is no mobile number."),
        ("请核对后重新输入。", "Please check it and enter it again."),
    ),
    "phone-same": (
        409,
        ("这就是现在登记的手机号。", "This is the number on file already."),
        ("不用变更，或换一个号码。", "There is nothing to change; or take another number."),
    ),
    "phone-taken": (
        409,
        ("这个号码已被别人登记。", "This number is on file for somebody else."),
        (
            "请核对号码；确实是您的，请带身份证到管理部窗口。",
            "Please check it; if it is yours, bring your ID card to a branch counter.",
        ),
    ),
    "phone-other-name": (
        409,
        ("这个号码的实名不是您本人。", "This number is not registered in your name."),
        ("请换一个本人实名的号码。", "Please take a number in your own name."),
    ),
    "password-weak": (
        409,
        ("这个密码太容易猜到。", "This password is too easy to guess."),
        (
            "请不要用生日、证件号、手机号里的数字，也不要用连续或相同的数字。",
            "Take no digits of your birthday, ID or phone number, and none in a row.",
        ),
    ),
    "password-same": (
        409,
        ("和原来的密码一样。", "This is the password that you have."),
        ("请换一个。", "Please take another one."),
    ),
    "not-offered-here": (
        409,
        ("这项信息不能改成这样。", "This cannot be changed to that here."),
        ("请返回重新选择，或到管理部窗口。", "Please choose again, or go to a branch counter."),
    ),
    "no-other-address": (
        409,
        ("没有查到您的其他住址。", "No other address of yours was found."),
        (
            "要改成别的地址，请用手机或到管理部窗口。",
            "For any other address, use your phone or a branch counter.",
        ),
    ),
    "as-registered": (
        409,
        ("与民政部门登记的一致，不用改。", "It is as in the civil affairs register."),
        (
            "民政部门登记的不对，请先到民政部门更正。",
            "If the register is wrong, please have it corrected there first.",
        ),
    ),
    "email-by-phone": (
        409,
        ("电子邮箱在本机不能改。", "The e-mail address cannot be changed here."),
        ("请用手机或到管理部窗口改。", "Please use your phone or a branch counter."),
    ),
    # -- 离职
    "still-employed": (
        409,
        (
            "账户正常缴存；离职封存满6个月后可以办。",
            "The account is being paid into; possible six months after it is sealed.",
        ),
        _LATER,
    ),
    "sealed-too-short": (
        409,
        ("封存满6个月后可以办，即{day}起。", "Possible six months after sealing: from {day} on."),
        _LATER,
    ),
    "pays-elsewhere": (
        409,
        (
            "您已在其他单位或异地继续缴存，不能离职提取。",
            "You are paid for elsewhere again, so the account cannot be closed.",
        ),
        ("可以办理账户合并或异地转移。", "You may have the accounts merged or transferred."),
    ),
}
"""Refusals of businesses; the reasons are told in the citizen's own terms."""
