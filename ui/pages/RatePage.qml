// 好差评: five faces in the colours of their meaning, none chosen beforehand; to skip is as easy.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property RateContent shown: view as RateContent
    readonly property list<OptionPart> levels: shown.levels
    title: shown.title
    lead: shown.lead
    leave: false
    span: true
    FactCard {
        y: Theme.wide ? 0 : 4
        width: parent.width
        facts: page.shown.done
        most: page.low - Theme.gap
    }
    Grid {
        id: grid
        y: page.low
        width: parent.width
        columns: Theme.wide ? Math.max(1, page.levels.length) : 1
        spacing: Theme.wide || Theme.lowered ? 24 : Theme.gap
        readonly property int room: parent.height - y
        readonly property real each: Theme.wide ? Math.min(420, room) : Math.min(176, Math.floor((room - 4 * spacing) / 5))
        Repeater {
            model: page.levels
            OptionButton {
                required property OptionPart modelData
                objectName: modelData.key
                width: (grid.width - (grid.columns - 1) * grid.spacing) / grid.columns
                height: grid.each
                shape: Theme.wide ? "face" : "line"
                title: modelData.title
                iconName: modelData.icon
                iconTone: modelData.tone
                ground: Math.min(Theme.wide ? 208 : 136, grid.each - (!Theme.wide ? 32 : Theme.elder ? 176 : 120))
                onClicked: CurrentPage.answer(modelData.key)
            }
        }
    }
    foot: PushButton {
        objectName: "skip"
        anchors.right: parent.right
        width: Math.max(implicitWidth, 320)
        text: page.shown.skip
        onClicked: CurrentPage.answer("skip")
    }
}
