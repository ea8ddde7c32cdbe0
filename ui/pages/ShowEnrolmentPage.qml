// What the centre needs to take a new terminal in: a short code, the hash of its key, a QR code.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property ShowEnrolmentContent shown: view as ShowEnrolmentContent
    title: shown.title
    lead: shown.lead
    actions: shown.actions
    readonly property bool coded: shown.code.length > 0
    readonly property int groupsInLine: Theme.wide || Theme.elder ? 2 : 4

    function lines(groups: list<string>): string {
        const lines = []
        for (let at = 0; at < groups.length; at += groupsInLine)
            lines.push(groups.slice(at, at + groupsInLine).join(" "))
        return lines.join("\n")
    }

    Note {
        id: note
        parent: Theme.wide ? page.asideItem : page.bodyItem
        y: Theme.wide ? 12 : 0
        width: parent.width
        text: page.shown.note
        size: Theme.wide && Theme.elder ? 32 : Theme.lead
        most: Theme.wide ? page.asideHeight - y : 280
    }
    Item {
        id: steps
        parent: Theme.wide ? page.asideItem : page.bodyItem
        visible: !Theme.elder && !(Theme.wide && note.wanted)
        y: Theme.wide ? 12 : parent.height - height
        width: parent.width
        height: visible ? list.height : 0
        Column {
            id: list
            width: parent.width
            spacing: 12
            Repeater {
                model: page.shown.steps
                Item {
                    id: step
                    required property string modelData
                    required property int index
                    width: list.width
                    height: Math.max(mark.height, what.height)
                    Badge {
                        id: mark
                        text: String(step.index + 1)
                    }
                    Label {
                        id: what
                        x: mark.width + 20
                        anchors.verticalCenter: parent.verticalCenter
                        width: parent.width - x
                        text: step.modelData
                        font.pixelSize: Theme.hint
                        lineHeight: 0.92
                    }
                }
            }
        }
    }
    Rectangle {
        id: card
        y: Theme.wide || !note.wanted ? 0 : note.height + Theme.gap
        width: parent.width
        height: page.coded ? (Theme.wide ? 150 : 200) : 0
        visible: page.coded
        radius: Theme.radius
        color: Theme.blueTint
        Label {
            id: named
            x: Theme.inset
            anchors.verticalCenter: parent.verticalCenter
            text: page.shown.codeLabel
            color: Theme.blue
            wrapMode: Text.NoWrap
            Accessible.ignored: true
        }
        Label {
            x: named.x + named.width + 32
            width: parent.width - x - Theme.inset
            anchors.verticalCenter: parent.verticalCenter
            horizontalAlignment: Text.AlignRight
            text: page.shown.code
            color: Theme.blue
            font.pixelSize: Theme.wide ? 100 : 112
            font.bold: true
            font.letterSpacing: 6
            wrapMode: Text.NoWrap
            Accessible.name: page.shown.codeLabel + " " + text
        }
    }
    Card {
        y: card.y + (page.coded ? card.height + Theme.gap : 0)
        width: parent.width
        height: parent.height - y - (Theme.wide || !steps.visible ? 0 : steps.height + Theme.gap)
        QrCode {
            id: picture
            rows: page.shown.rows
            room: Theme.wide ? Math.min(parent.height - 2 * 32, parent.width * 0.6) : Math.min(parent.width - 2 * Theme.inset, parent.height - 2 * 32 - hash.height - 24)
            x: Theme.wide ? Theme.inset : (parent.width - width) / 2
            y: Theme.wide ? (parent.height - height) / 2 : 32
            Accessible.name: page.title
        }
        Item {
            id: hash
            x: Theme.wide ? picture.x + picture.width + 40 : Theme.inset
            y: Theme.wide ? (parent.height - height) / 2 : picture.y + picture.height + 24
            width: parent.width - x - Theme.inset
            height: told.height + 8 + digits.height
            Label {
                id: told
                width: parent.width
                horizontalAlignment: Theme.wide ? Text.AlignLeft : Text.AlignHCenter
                text: page.shown.hashLabel
                color: Theme.soft
                font.pixelSize: Theme.wide ? 28 : Theme.small
                lineHeight: 0.9
            }
            Label {
                id: digits
                y: told.height + 8
                width: parent.width
                horizontalAlignment: Theme.wide ? Text.AlignLeft : Text.AlignHCenter
                text: page.lines(page.shown.groups)
                font.bold: true
                font.pixelSize: Theme.wide ? 32 : Theme.big(34)
                wrapMode: Text.NoWrap
                lineHeight: 0.95
            }
        }
    }
}
