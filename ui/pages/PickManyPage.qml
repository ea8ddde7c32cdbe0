// Several of many: a press ticks a row or takes the tick away; the button tells how many are chosen.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property PickManyContent shown: view as PickManyContent
    property list<string> picked: []   // never beforehand: the citizen ticks
    title: shown.title
    lead: shown.lead
    readonly property bool filled: picked.length >= shown.most
    readonly property int count: shown.options.length
    readonly property int between: 24
    readonly property int each: Theme.elder ? 232 : 140
    readonly property int room: bodyItem.height - low
    readonly property int alone: rowsIn(room)
    readonly property bool turns: count > alone
    readonly property int perSheet: turns && !Theme.wide ? rowsIn(room - 104 - Theme.gap) : alone
    readonly property int sheets: Math.max(1, Math.ceil(count / perSheet))
    property int sheet: 0
    onSheetsChanged: if (sheet >= sheets) sheet = sheets - 1
    function rowsIn(height) { return Math.max(1, Math.floor((height + between) / (each + between))) }
    function press(key) {
        picked = picked.includes(key) ? picked.filter(one => one !== key) : [...picked, key]
    }

    Item {
        id: list
        y: page.low
        width: parent.width - (page.turns && Theme.wide ? turner.width + 24 : 0)
        height: page.room
        Repeater {
            model: page.shown.options.slice(page.sheet * page.perSheet, (page.sheet + 1) * page.perSheet)
            OptionButton {
                required property OptionPart modelData
                required property int index
                readonly property bool ticked: page.picked.includes(modelData.key)
                readonly property bool barred: page.filled && !ticked
                objectName: modelData.key
                y: index * (page.each + page.between)
                width: list.width
                height: page.each
                title: modelData.title
                hint: barred && modelData.enabled ? page.shown.full : modelData.hint
                iconName: ticked ? "ticked" : "unticked"
                available: modelData.enabled && !barred
                Accessible.checkable: true
                Accessible.checked: ticked
                onClicked: page.press(modelData.key)
            }
        }
    }
    Turner {
        id: turner
        visible: page.turns
        sheet: page.sheet
        sheets: page.sheets
        upright: Theme.wide
        x: Theme.wide ? parent.width - width : (parent.width - width) / 2
        y: parent.height - height
        onTurned: to => page.sheet = to
    }
    foot: PushButton {
        objectName: "confirm"
        width: parent.width
        primary: true
        available: page.picked.length > 0
        text: page.picked.length > 0 ? page.shown.confirm.arg(page.picked.length) : page.shown.none
        iconName: page.picked.length > 0 ? "forward" : ""
        onClicked: CurrentPage.answer(page.picked.join(","))
    }
}
